import type { Message, MessageInit } from './message.ts';
import type { Session } from './session.ts';

/**
 * The way from the hub to another part that matches channels with subscribers of its own, such as the MQTT broker. The hub hands it the
 * messages for those subscribers. Messages from that part are offered to the hub with this egress as their `ingress`, and do not go back
 * to it.
 */
export interface Egress {
  /**
   * Publishes to the matcher's own subscribers of the channel. `retainMs`: retain it for later subscribers as well.
   * Returns how many will get it.
   */
  publish(message: Message, retainMs: number | undefined): number;
  /** Notes that a message is retained elsewhere, for the matcher's later subscribers, in place of any other; it is sent to no one now. */
  hold(message: Message): void;
  /** What it keeps for later subscribers of a channel itself, as `Hub.mirrorRetained` was told; undefined where it does not. */
  retained(channel: string): Pick<MessageInit, 'kind' | 'body'> | undefined;
  /** Ends a retained message that `publish` or `hold` was asked to keep. */
  clearRetained(channel: string): void;
  /** The matcher's clients that are online and subscribe to exactly this channel. */
  subscribers(channel: string): Iterable<string>;
  /** Whether what is sent to this client while it is away waits for it over there; `from`: by whom. */
  keepsFor(id: string, from: string): boolean;
  /** Whether this session's client gets over there what comes in from there, so that the hub has nothing to hand it. */
  serves(session: Session): boolean;
}
