import type { Clock } from '../common/clock.ts';
import type { Owner, SharedBudget } from '../common/shared-budget.ts';
import { detachMessage, detachText } from './detach.ts';
import { keptBytes, retainedBytes } from './kept-bytes.ts';
import { bodyOf, fieldsOf, type KeptValues } from './kept-values.ts';
import { channelOfLocked, isLocked, lockOldName } from './locked-name.ts';
import { Message, type MessageInit } from './message.ts';
import type { HubStore, RetainedRecord } from './store.ts';

interface Retained {
  message: MessageInit;
  /** By the monotonic clock. */
  expiresMs: number;
  /** Kept elsewhere: another matcher's own retained messages, which a later message without the flag does not end. */
  foreign: boolean;
  /** The fields whose values are kept; where the message is no object, they will be once they are set. */
  kept?: ReadonlySet<string> | undefined;
}

/**
 * What a channel retains: nothing, a message that another matcher keeps, one of the hub's own, which the next message ends, or kept values,
 * which the next message may change.
 */
export type Standing = 'none' | 'foreign' | 'own' | 'kept';

/** The body of kept values none of which is set. */
const NOTHING = '{}';
const isPublic = (channel: string): boolean => !isLocked(channel);

/**
 * The last retained message of each channel. What they need is counted in a budget by channel, which other matchers ask
 * before they keep one of their own.
 */
export class RetainedTable {
  readonly #clock: Clock;
  readonly #store: HubStore;
  readonly #budget: SharedBudget;
  readonly #byChannel = new Map<string, Retained>();
  #version = 0;

  constructor(clock: Clock, store: HubStore, budget: SharedBudget) {
    this.#clock = clock;
    this.#store = store;
    this.#budget = budget;
  }

  get size(): number {
    return this.#byChannel.size;
  }

  /** Grows whenever a channel begins or ends to have a retained message. */
  get version(): number {
    return this.#version;
  }

  standing(channel: string): Standing {
    const retained = this.#byChannel.get(channel);
    if (retained === undefined) return 'none';
    if (retained.kept !== undefined) return 'kept';
    return retained.foreign ? 'foreign' : 'own';
  }

  /** The channel's retained message, if it has one that is still valid; made anew, as encodings kept on it would not be counted. */
  get(channel: string): Message | undefined {
    const retained = this.#byChannel.get(channel);
    if (!retained || (retained.kept && retained.message.body === NOTHING)) return undefined;
    if (retained.expiresMs > this.#clock.monotonicMs()) return new Message(retained.message);
    this.#drop(channel, retained);
    return undefined;
  }

  /** Every channel that has a retained message, private ones left out. */
  channels(): string[] {
    return [...this.#byChannel.keys()].filter(isPublic);
  }

  /** The messages that are kept here and not by another matcher, and kept values where any is set, private ones left out. */
  *ownMessages(): Generator<Message> {
    for (const [channel, { message, kept, foreign }] of this.#byChannel) {
      if (!foreign && !(kept && message.body === NOTHING) && isPublic(channel)) yield new Message(message);
    }
  }

  /** The channels whose message is kept here and not by another matcher, private ones left out. */
  *ownChannels(): Generator<string> {
    for (const [channel, { foreign }] of this.#byChannel) if (!foreign && isPublic(channel)) yield channel;
  }

  /** What is kept of the channel, or could be from now on: the fields of the object that it retains. To be changed freely. */
  keptValues(channel: string): KeptValues {
    const retained = this.#byChannel.get(channel);
    const isValid = retained !== undefined && retained.expiresMs > this.#clock.monotonicMs();
    const values = (isValid ? fieldsOf(retained.message) : undefined) ?? new Map<string, string>();
    return { values, names: new Set(retained?.kept ?? values.keys()) };
  }

  /**
   * Keeps these values in place of what the channel retains; `setter` is the message that set the last of them, to whom it is shown.
   * Returns what later subscribers get; undefined where there is no room, and then nothing changes.
   */
  keepValues(channel: string, { values, names }: KeptValues, setter: Message, owner: Owner): Message | undefined {
    const name = detachText(channel);
    const body = bodyOf(values);
    if (!this.#budget.set(name, keptBytes(name, body, names), detachOwner(owner))) return undefined;
    const { from, to, timestampMs } = setter;
    const message = detachMessage({ from, to, kind: 'dict', body, timestampMs });
    const kept = new Set(Array.from(names, detachText));
    this.#put(name, { message, expiresMs: Number.POSITIVE_INFINITY, foreign: false, kept });
    this.#store.putRetained(name, {
      message,
      expiresMs: Number.POSITIVE_INFINITY,
      address: owner.address,
      kept: [...kept],
    });
    return new Message(message);
  }

  /** True where the channel retains what is no object, beside which no values can be kept. */
  holdsOther(channel: string): boolean {
    const message = this.get(channel);
    return message !== undefined && fieldsOf(message) === undefined;
  }

  /** Notes the fields of a channel that retains what is no object: they are kept once they are set. False where there is no room. */
  announce(channel: string, names: ReadonlySet<string>, owner: Owner): boolean {
    const retained = this.#byChannel.get(channel);
    if (retained === undefined) return false;
    const { message, foreign } = retained;
    if (!this.#budget.set(channel, keptBytes(channel, message.body, names), detachOwner(owner))) return false;
    retained.kept = names.size > 0 ? new Set(Array.from(names, detachText)) : undefined;
    if (foreign) this.#storeNames(channel, retained);
    return true;
  }

  /** True where `message` could be kept now. */
  hasRoom(channel: string, message: Message, owner: Owner): boolean {
    return this.#budget.fits(channel, retainedBytes(channel, message.body), owner);
  }

  /** Keeps `message` for `retainMs`; false where there is no room for it. */
  keep(channel: string, message: Message, retainMs: number, owner: Owner): boolean {
    const name = detachText(channel);
    if (!this.#budget.set(name, retainedBytes(name, message.body), detachOwner(owner))) return false;
    const expiresMs = this.#clock.monotonicMs() + retainMs;
    const init = detachMessage(message);
    this.#put(name, { message: init, expiresMs, foreign: false });
    this.#store.putRetained(name, { message: init, expiresMs, address: owner.address });
    return true;
  }

  /**
   * Shows a message that another store keeps; it stays until it is replaced or taken away. That store has asked the
   * budget; for one that did not, it is asked here. False where there is no room for it.
   */
  mirror(channel: string, message: Message): boolean {
    const own = this.#byChannel.get(channel);
    const name = detachText(channel);
    const owner = { client: detachText(message.from) };
    if (!this.#budget.has(name) && !this.#budget.set(name, retainedBytes(name, message.body), owner)) return false;
    const retained: Retained = { message: detachMessage(message), expiresMs: Number.POSITIVE_INFINITY, foreign: true };
    // Fields that were kept go on being so: the next that sets one ends this message.
    if (own?.kept && this.#budget.set(name, keptBytes(name, message.body, own.kept), owner)) {
      retained.kept = own.kept;
      this.#storeNames(name, retained);
    } else if (own && !own.foreign) this.#store.deleteRetained(name);
    this.#put(name, retained);
    return true;
  }

  /** What is on disk of fields beside a message that another matcher keeps. */
  #storeNames(channel: string, { message: { from, to, timestampMs }, kept }: Retained): void {
    if (kept === undefined) {
      this.#store.deleteRetained(channel);
      return;
    }
    const message: MessageInit = { from, to, timestampMs, kind: 'dict', body: NOTHING };
    this.#store.putRetained(channel, { message, expiresMs: Number.POSITIVE_INFINITY, kept: [...kept] });
  }

  /** Ends what a later message ends; true where there was something of ours to end that other matchers may keep too. */
  erase(channel: string): boolean {
    const retained = this.#byChannel.get(channel);
    if (!retained || retained.foreign || retained.kept) return false;
    this.#drop(channel, retained);
    return isPublic(channel);
  }

  /** Ends whatever the channel retains, and that any field of it is kept, on disk too. */
  clear(channel: string): void {
    const retained = this.#byChannel.get(channel);
    if (retained !== undefined) this.#drop(channel, retained);
  }

  /**
   * Puts back what an earlier run kept, without the passwords that older ones wrote down. Returns the channels whose time
   * is over, private ones left out.
   */
  restore(records: Iterable<[string, RetainedRecord]>): string[] {
    const over: string[] = [];
    for (const [stored, { message: written, expiresMs, address, kept }] of records) {
      const locked = lockOldName(stored);
      const channel = locked ?? stored;
      const message = locked === undefined ? written : { ...written, to: channelOfLocked(locked) };
      if (locked !== undefined) {
        this.#store.deleteRetained(stored);
        this.#store.putRetained(locked, { message, expiresMs, address });
      }
      if (expiresMs > this.#clock.monotonicMs()) {
        this.#put(channel, { message, expiresMs, foreign: false, kept: kept && new Set(kept) });
        const bytes = kept ? keptBytes(channel, String(message.body), kept) : retainedBytes(channel, message.body);
        this.#budget.restore(channel, bytes, { client: message.from, address });
      } else {
        this.#store.deleteRetained(channel);
        if (isPublic(channel)) over.push(channel);
      }
    }
    return over;
  }

  /** Drops what has expired. Returns the channels, private ones left out. */
  expire(): string[] {
    const now = this.#clock.monotonicMs();
    const over: string[] = [];
    for (const [channel, retained] of this.#byChannel) {
      if (retained.expiresMs > now) continue;
      this.#drop(channel, retained);
      if (isPublic(channel)) over.push(channel);
    }
    return over;
  }

  #put(channel: string, retained: Retained): void {
    if (!this.#byChannel.has(channel)) this.#version++;
    this.#byChannel.set(channel, retained);
  }

  #drop(channel: string, retained: Retained): void {
    this.#version++;
    this.#byChannel.delete(channel);
    this.#budget.delete(channel);
    if (!retained.foreign || retained.kept) this.#store.deleteRetained(channel);
  }
}

function detachOwner({ client, address }: Owner): Owner {
  return { client: detachText(client), address: address === undefined ? undefined : detachText(address) };
}
