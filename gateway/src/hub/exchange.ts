import type { Message } from './message.ts';

/**
 * Another matcher of channels beside the hub's own: the MQTT broker. The hub hands it what its clients cannot get from
 * the hub itself, and it hands the hub what the hub's clients want of it.
 */
export interface Exchange {
  /**
   * Publishes to the channel's subscribers over there. `retainMs`: keep it for later subscribers as well.
   * Returns how many will get it.
   */
  publish(message: Message, retainMs: number | undefined): number;
  /** Shows a message that the hub keeps to later subscribers over there, in place of any other, and tells nobody now. */
  hold(message: Message): void;
  /** Ends a retained message that `publish` or `hold` was asked to keep. */
  clearRetained(channel: string): void;
  /** Who is online and subscribes to exactly this channel over there. */
  subscribers(channel: string): Iterable<string>;
  /** Whether what is sent to this client while it is away waits for it over there; `from`: by whom. */
  keepsFor(id: string, from: string): boolean;
}
