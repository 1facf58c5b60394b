import type { Clock } from './clock.ts';
import { detachMessage, detachText } from './detach.ts';
import { Message } from './message.ts';
import type { HubStore, RetainedRecord } from './store.ts';

interface Retained {
  message: Message;
  expiresMs: number;
  /** Kept elsewhere: the MQTT broker's own retained messages, which a later message without the flag does not end. */
  foreign: boolean;
}

/**
 * The name under which a private channel's message is kept: only who knows the password asks for it, and no pattern
 * finds it, as no channel of MQTT's holds a NUL.
 */
export function privateName(channel: string, password: string): string {
  return `\u0000${channel}:${password}`;
}

const isPublic = (channel: string): boolean => channel.charCodeAt(0) !== 0;

/** The last retained message of each channel, at most `maxChannels` of them. */
export class RetainedTable {
  readonly #clock: Clock;
  readonly #store: HubStore;
  readonly #maxChannels: number;
  readonly #byChannel = new Map<string, Retained>();

  constructor(clock: Clock, store: HubStore, maxChannels: number) {
    this.#clock = clock;
    this.#store = store;
    this.#maxChannels = maxChannels;
  }

  get size(): number {
    return this.#byChannel.size;
  }

  /** The channel's retained message, if it has one that is still valid. */
  get(channel: string): Message | undefined {
    const retained = this.#byChannel.get(channel);
    if (!retained) return undefined;
    if (retained.expiresMs > this.#clock.now()) return retained.message;
    this.#drop(channel, retained);
    return undefined;
  }

  /** Every channel that has a retained message, private ones left out. */
  channels(): string[] {
    return [...this.#byChannel.keys()].filter(isPublic);
  }

  /** Keeps `message` for `retainMs`; false where there is no room for another channel. */
  keep(channel: string, message: Message, retainMs: number): boolean {
    if (!this.#hasRoom(channel)) return false;
    const expiresMs = this.#clock.now() + retainMs;
    const init = detachMessage(message);
    const name = detachText(channel);
    this.#byChannel.set(name, { message: new Message(init), expiresMs, foreign: false });
    this.#store.putRetained(name, { message: init, expiresMs });
    return true;
  }

  /** Shows a message that another store keeps; it stays until it is replaced or taken away. */
  mirror(channel: string, message: Message): void {
    const own = this.#byChannel.get(channel);
    if (!this.#hasRoom(channel)) return;
    if (own && !own.foreign) this.#store.deleteRetained(channel);
    const copy = new Message(detachMessage(message));
    this.#byChannel.set(detachText(channel), { message: copy, expiresMs: Number.POSITIVE_INFINITY, foreign: true });
  }

  /** Ends what a later message ends; true where there was something of ours to end that the exchange may keep too. */
  erase(channel: string): boolean {
    const retained = this.#byChannel.get(channel);
    if (!retained || retained.foreign) return false;
    this.#drop(channel, retained);
    return isPublic(channel);
  }

  /** Ends whatever the channel retains. */
  clear(channel: string): void {
    const retained = this.#byChannel.get(channel);
    if (retained) this.#drop(channel, retained);
  }

  /** Puts back what an earlier run kept. Returns the channels whose time is over, private ones left out. */
  restore(records: Iterable<[string, RetainedRecord]>): string[] {
    const over: string[] = [];
    for (const [channel, { message, expiresMs }] of records) {
      if (expiresMs > this.#clock.now()) {
        this.#byChannel.set(channel, { message: new Message(message), expiresMs, foreign: false });
      } else {
        this.#store.deleteRetained(channel);
        if (isPublic(channel)) over.push(channel);
      }
    }
    return over;
  }

  /** Drops what has expired. Returns the channels, private ones left out. */
  expire(): string[] {
    const now = this.#clock.now();
    const over: string[] = [];
    for (const [channel, retained] of this.#byChannel) {
      if (retained.expiresMs > now) continue;
      this.#drop(channel, retained);
      if (isPublic(channel)) over.push(channel);
    }
    return over;
  }

  #hasRoom(channel: string): boolean {
    return this.#byChannel.size < this.#maxChannels || this.#byChannel.has(channel);
  }

  #drop(channel: string, retained: Retained): void {
    this.#byChannel.delete(channel);
    if (!retained.foreign) this.#store.deleteRetained(channel);
  }
}
