import type { Clock } from '../common/clock.ts';
import type { Owner, SharedBudget } from '../common/shared-budget.ts';
import { detachMessage, detachText } from './detach.ts';
import type { Egress } from './egress.ts';
import { keptBytes, retainedBytes } from './kept-bytes.ts';
import { bodyOf, fieldsOf, type KeptValues } from './kept-values.ts';
import { channelOfLocked, isLocked, lockOldName } from './locked-name.ts';
import { Message, type MessageInit } from './message.ts';
import type { HubStore, RetainedRecord } from './store.ts';

/** What the hub knows of a message that another matcher retains; the matcher is asked for its content. */
export interface RetainedMark extends Pick<MessageInit, 'from' | 'timestampMs'>, Pick<RetainedRecord, 'account'> {
  /** An earlier run retained it already. */
  readonly isRestored?: boolean;
}

/** Who is to keep a message: what is kept counts for it, and belongs to its account. */
export type Keeper = Owner & Pick<RetainedRecord, 'account'>;

interface Retained {
  /** The message; or the matcher that retains one, which a later message without the retain flag does not end. */
  source: MessageInit | Foreign;
  /** By the monotonic clock. */
  expiresMs: number;
  /** Whose it is; undefined: of an anonymous client. */
  account: string | undefined;
  /** The fields whose values are kept; where the message is no object, they will be once they are set. */
  kept?: ReadonlySet<string> | undefined;
  /** See `RetainedRecord`. */
  stays?: true | undefined;
  extra?: Uint8Array | undefined;
}

class Foreign {
  readonly keeper: Egress;
  readonly from: string;
  readonly timestampMs: number;

  constructor(keeper: Egress, { from, timestampMs }: RetainedMark) {
    this.keeper = keeper;
    this.from = from;
    this.timestampMs = timestampMs;
  }
}

/** The message itself, which another matcher is asked for if it retains it; undefined if it no longer does. */
function initOf(channel: string, { source }: Retained): MessageInit | undefined {
  if (!(source instanceof Foreign)) return source;
  const { keeper, from, timestampMs } = source;
  const content = keeper.retained(channel);
  return content && { from, timestampMs, to: channel, kind: content.kind, body: content.body };
}

/**
 * What a channel retains: nothing; a message that another matcher retains; a message of the hub's own, which the next message ends; or kept
 * values, which the next message may change.
 */
export type Standing = 'none' | 'foreign' | 'own' | 'kept';

/** The body of kept values when none of them is set. */
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
    return isLasting(retained) ? 'foreign' : 'own';
  }

  /** All that is known of what the channel retains, for another gateway or another matcher; undefined where it retains nothing. */
  record(channel: string): RetainedRecord | undefined {
    const retained = this.#byChannel.get(channel);
    if (retained === undefined || retained.expiresMs <= this.#clock.monotonicMs()) return undefined;
    const { source, account, kept, stays, extra, expiresMs } = retained;
    const names = kept === undefined ? {} : { kept: [...kept] };
    if (!(source instanceof Foreign)) return { message: source, expiresMs, account, stays, extra, ...names };
    const content = source.keeper.retained(channel);
    if (content === undefined) return undefined;
    const { from, timestampMs } = source;
    const message = { from, timestampMs, to: channel, kind: content.kind, body: content.body };
    const endMs = content.expiresMs ?? Number.POSITIVE_INFINITY;
    return { message, expiresMs: endMs, account, stays: true, extra: content.extra, ...names };
  }

  /** Keeps what another gateway retains, in place of anything else; false where there is no room for it, and nothing changes. */
  adopt(channel: string, record: RetainedRecord): boolean {
    const name = detachText(channel);
    const message = detachMessage(record.message);
    const { expiresMs, stays, kept: names } = record;
    const { account } = detachAccount(record);
    const extra = record.extra && new Uint8Array(record.extra);
    const kept = names && new Set(Array.from(names, detachText));
    const bytes = bytesOf(name, { source: message, kept, extra });
    if (!this.#budget.set(name, bytes, { client: message.from })) return false;
    this.#put(name, { source: message, expiresMs, account, kept, stays, extra });
    this.#store.putRetained(name, { message, expiresMs, account, kept: kept && [...kept], stays, extra });
    return true;
  }

  /** Whose the channel's retained message is, or whose its kept values are: of the account that kept the first; undefined where there is none. */
  ownerOf(channel: string): { account: string | undefined } | undefined {
    const retained = this.#byChannel.get(channel);
    return retained && { account: retained.account };
  }

  /** The channel's retained message, if it has one that is still valid; made anew, as encodings kept on it would not be counted. */
  get(channel: string): Message | undefined {
    const retained = this.#byChannel.get(channel);
    if (!retained) return undefined;
    if (retained.expiresMs <= this.#clock.monotonicMs()) {
      this.#drop(channel, retained);
      return undefined;
    }
    const init = initOf(channel, retained);
    return init === undefined || (retained.kept && init.body === NOTHING) ? undefined : new Message(init);
  }

  /** Every channel that has a retained message, private ones left out. */
  channels(): string[] {
    return [...this.#byChannel.keys()].filter(isPublic);
  }

  /** The messages that are kept here and not by another matcher, and kept values where any is set, private ones left out. */
  *ownMessages(): Generator<Message> {
    for (const [channel, { source, kept }] of this.#byChannel) {
      if (source instanceof Foreign || (kept && source.body === NOTHING) || !isPublic(channel)) continue;
      yield new Message(source);
    }
  }

  /** The channels whose message is kept here and not by another matcher, private ones left out. */
  *ownChannels(): Generator<string> {
    for (const [channel, { source }] of this.#byChannel) {
      if (!(source instanceof Foreign) && isPublic(channel)) yield channel;
    }
  }

  /** What is kept of the channel, or could be from now on: the fields of the object that it retains. To be changed freely. */
  keptValues(channel: string): KeptValues {
    const retained = this.#byChannel.get(channel);
    const isValid = retained !== undefined && retained.expiresMs > this.#clock.monotonicMs();
    const init = isValid ? initOf(channel, retained) : undefined;
    const values = (init && fieldsOf(init)) ?? new Map<string, string>();
    return { values, names: new Set(retained?.kept ?? values.keys()) };
  }

  /**
   * Keeps these values in place of what the channel retains; `setter` is the message that set the last of them, to whom it is shown.
   * Returns what later subscribers get; undefined where there is no room, and then nothing changes.
   */
  keepValues(channel: string, { values, names }: KeptValues, setter: Message, keeper: Keeper): Message | undefined {
    const name = detachText(channel);
    const body = bodyOf(values);
    if (!this.#budget.set(name, keptBytes(name, body, names), detachOwner(keeper))) return undefined;
    const { from, to, timestampMs } = setter;
    const message = detachMessage({ from, to, kind: 'dict', body, timestampMs });
    const kept = new Set(Array.from(names, detachText));
    // Whoever sets one more value does not get all of them.
    const { account } = this.#byChannel.get(channel) ?? detachAccount(keeper);
    this.#put(name, { source: message, expiresMs: Number.POSITIVE_INFINITY, account, kept });
    this.#store.putRetained(name, {
      message,
      expiresMs: Number.POSITIVE_INFINITY,
      account,
      address: keeper.address,
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
    const body = initOf(channel, retained)?.body ?? NOTHING;
    if (!this.#budget.set(channel, keptBytes(channel, body, names), detachOwner(owner))) return false;
    retained.kept = names.size > 0 ? new Set(Array.from(names, detachText)) : undefined;
    this.#storeNames(channel, retained);
    return true;
  }

  /** True where `message` could be kept now. */
  hasRoom(channel: string, message: Message, owner: Owner): boolean {
    return this.#budget.fits(channel, retainedBytes(channel, message.body), owner);
  }

  /** Keeps `message` for `retainMs`; false where there is no room for it. */
  keep(channel: string, message: Message, retainMs: number, keeper: Keeper): boolean {
    const name = detachText(channel);
    if (!this.#budget.set(name, retainedBytes(name, message.body), detachOwner(keeper))) return false;
    const expiresMs = this.#clock.monotonicMs() + retainMs;
    const init = detachMessage(message);
    const { account } = detachAccount(keeper);
    this.#put(name, { source: init, expiresMs, account });
    this.#store.putRetained(name, { message: init, expiresMs, account, address: keeper.address });
    return true;
  }

  /**
   * Shows a message that another matcher keeps; it stays until it is replaced or taken away. That one has asked the
   * budget; for one that did not, it is asked here. False where there is no room for it. All texts have memory of their own.
   */
  mirror(channel: string, mark: RetainedMark, keeper: Egress): boolean {
    const before = this.#byChannel.get(channel);
    const source = new Foreign(keeper, mark);
    const { from, account } = mark;
    const retained: Retained = { source, expiresMs: Number.POSITIVE_INFINITY, account, kept: undefined };
    const bytes = (kept?: ReadonlySet<string>): number => {
      const body = initOf(channel, retained)?.body ?? NOTHING;
      return kept === undefined ? retainedBytes(channel, body) : keptBytes(channel, body, kept);
    };
    if (!this.#budget.has(channel) && !this.#budget.set(channel, bytes(), { client: from })) return false;
    if (before === undefined) this.#version++;
    // Fields that were kept go on being so: the next that sets one ends this message.
    else if (before.kept !== undefined && this.#budget.set(channel, bytes(before.kept), { client: from })) {
      retained.kept = before.kept;
      this.#storeNames(channel, retained);
    } else if (!(before.source instanceof Foreign)) this.#store.deleteRetained(channel);
    this.#byChannel.set(channel, retained);
    return true;
  }

  /** What is on disk of fields beside a message that another matcher keeps; nothing where it is kept here. */
  #storeNames(channel: string, { source, account, kept }: Retained): void {
    if (!(source instanceof Foreign)) return;
    if (kept === undefined) {
      this.#store.deleteRetained(channel);
      return;
    }
    const { from, timestampMs } = source;
    const message: MessageInit = { from, timestampMs, to: channel, kind: 'dict', body: NOTHING };
    this.#store.putRetained(channel, { message, expiresMs: Number.POSITIVE_INFINITY, account, kept: [...kept] });
  }

  /** Ends what a later message ends; true where there was something of ours to end that other matchers may keep too. */
  erase(channel: string): boolean {
    const retained = this.#byChannel.get(channel);
    if (!retained || isLasting(retained) || retained.kept) return false;
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
    for (const [stored, { message: written, expiresMs, account, address, kept: names, stays, extra }] of records) {
      const locked = lockOldName(stored);
      const channel = locked ?? stored;
      const message = locked === undefined ? written : { ...written, to: channelOfLocked(locked) };
      if (locked !== undefined) {
        this.#store.deleteRetained(stored);
        this.#store.putRetained(locked, { message, expiresMs, account, address });
      }
      if (expiresMs > this.#clock.monotonicMs()) {
        const kept = names && new Set(names);
        this.#put(channel, { source: message, expiresMs, account, kept, stays, extra });
        this.#budget.restore(channel, bytesOf(channel, { source: message, kept, extra }), {
          ...{ client: message.from, address },
        });
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
    if (!(retained.source instanceof Foreign) || retained.kept) this.#store.deleteRetained(channel);
  }
}

/** A later message does not end it. */
function isLasting({ source, stays }: Retained): boolean {
  return source instanceof Foreign || stays === true;
}

function bytesOf(channel: string, { source, kept, extra }: { source: MessageInit } & Pick<Retained, 'kept' | 'extra'>) {
  const { body } = source;
  return (kept ? keptBytes(channel, body, kept) : retainedBytes(channel, body)) + (extra?.byteLength ?? 0);
}

function detachAccount({ account }: Pick<RetainedRecord, 'account'>): Pick<Retained, 'account'> {
  return { account: account === undefined ? undefined : detachText(account) };
}

function detachOwner({ client, address }: Owner): Owner {
  return { client: detachText(client), address: address === undefined ? undefined : detachText(address) };
}
