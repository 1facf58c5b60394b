import { detachMessage, detachText } from '../detach.ts';
import type { MessageInit } from '../message.ts';

/** A message that was said, when by `Clock.monotonicMs`, and what it takes. */
export interface Said {
  /** As it came, until `settle` gives it memory of its own. */
  init: MessageInit;
  readonly atMs: number;
  readonly bytes: number;
}

/** One that is remembered: `number` grows with each, whatever channel it is of. */
export interface Remembered extends Said {
  readonly number: number;
  isForgotten: boolean;
  isSettled: boolean;
}

export interface PastLimits {
  /** Of each channel. */
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxChannels: number;
  readonly maxAgeMs: number;
}

/** A list that is taken from at its beginning; what is gone is cut off now and then. */
class Row {
  /** When something was said there last, and whether that was since the last `settle`. */
  lastNumber = 0;
  isTouched = false;
  #list: Remembered[] = [];
  #first = 0;

  get length(): number {
    return this.#list.length - this.#first;
  }

  get oldest(): Remembered | undefined {
    return this.#list[this.#first];
  }

  push(said: Remembered): void {
    this.#list.push(said);
  }

  shift(): Remembered | undefined {
    const said = this.oldest;
    if (said === undefined) return undefined;
    this.#first++;
    if (this.#first * 2 > this.#list.length) {
      this.#list = this.#list.slice(this.#first);
      this.#first = 0;
    }
    return said;
  }

  /** Leaves out those that are forgotten. */
  sweep(): void {
    this.#list = this.#list.slice(this.#first).filter(({ isForgotten }) => !isForgotten);
    this.#first = 0;
  }

  *newestFirst(): Generator<Remembered> {
    for (let index = this.#list.length - 1; index >= this.#first; index--) yield this.#list[index] as Remembered;
  }
}

/** How many that are forgotten may be left among all of them, beside as many as are not. */
const MAX_FORGOTTEN = 100;

/** The last messages of channels: of each so many, of all so many bytes, and none that is too old. The oldest make room. */
export class Past {
  readonly #limits: PastLimits;
  readonly #rows = new Map<string, Row>();
  /** All of them, oldest first; those that are forgotten meanwhile are still in it. */
  readonly #all = new Row();
  #bytes = 0;
  #count = 0;
  #next = 0;

  constructor(limits: PastLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#count;
  }

  /** With those that are forgotten and not cut off yet. */
  get waiting(): number {
    return this.#all.length;
  }

  has(channel: string): boolean {
    return this.#rows.has(channel);
  }

  channels(): Iterable<string> {
    return this.#rows.keys();
  }

  /** Remembers what is said on a channel from now on. */
  open(channel: string): Row {
    let row = this.#rows.get(channel);
    if (row === undefined) {
      row = new Row();
      this.#rows.set(detachText(channel), row);
      row.lastNumber = this.#next++;
      if (this.#rows.size > this.#limits.maxChannels) this.#close();
    } else row.lastNumber = this.#next++;
    return row;
  }

  /** Forgets the channel on which nothing was said for longest. */
  #close(): void {
    let idlest = '';
    let least = Number.POSITIVE_INFINITY;
    for (const [channel, { lastNumber }] of this.#rows) {
      if (lastNumber >= least) continue;
      least = lastNumber;
      idlest = channel;
    }
    for (const said of this.#rows.get(idlest)?.newestFirst() ?? []) this.#forget(said);
    this.#rows.delete(idlest);
  }

  /** Gives what came lately memory of its own, where it is still remembered: of a flood, little is. To be called now and then. */
  settle(): void {
    for (const row of this.#rows.values()) {
      if (!row.isTouched) continue;
      row.isTouched = false;
      for (const said of row.newestFirst()) {
        if (said.isSettled) break;
        said.init = detachMessage(said.init);
        said.isSettled = true;
      }
    }
  }

  add(channel: string, { init, atMs, bytes }: Said): void {
    const row = this.open(channel);
    const { maxMessages, maxBytes, maxAgeMs } = this.#limits;
    if (bytes > maxBytes) return;
    const remembered = { init, atMs, bytes, number: this.#next, isForgotten: false, isSettled: false };
    row.isTouched = true;
    row.push(remembered);
    this.#all.push(remembered);
    this.#bytes += bytes;
    this.#count++;
    if (row.length > maxMessages) this.#forget(row.shift() as Remembered);
    for (let oldest = this.#all.oldest; oldest !== undefined; oldest = this.#all.oldest) {
      if (!oldest.isForgotten && this.#bytes <= maxBytes && atMs - oldest.atMs <= maxAgeMs) break;
      this.#all.shift();
      // The oldest of all is the oldest of its channel.
      if (!oldest.isForgotten) this.#rows.get(oldest.init.to)?.shift();
      this.#forget(oldest);
    }
    // Those of a busy channel wait for none of a quiet one.
    if (this.#all.length > 2 * this.#count + MAX_FORGOTTEN) this.#all.sweep();
  }

  /** The newest of a channel that were said at `sinceMs` or later, `most` at most; oldest first. */
  last(channel: string, most: number, sinceMs: number): Remembered[] {
    const found: Remembered[] = [];
    for (const said of this.#rows.get(channel)?.newestFirst() ?? []) {
      if (found.length >= most || said.atMs < sinceMs) break;
      found.push(said);
    }
    return found.reverse();
  }

  #forget(said: Remembered): void {
    if (said.isForgotten) return;
    said.isForgotten = true;
    this.#bytes -= said.bytes;
    this.#count--;
  }
}
