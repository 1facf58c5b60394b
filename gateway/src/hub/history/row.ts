import { detachText } from '../detach.ts';
import type { MessageInit } from '../message.ts';
import { ByteRing, type Piece } from './byte-ring.ts';
import { initOf, type Said } from './said.ts';

/** What one remembered message takes beside its bytes, about. */
export const OVERHEAD_BYTES = 150;
/** Texts up to here are given as much room as they could take; of longer ones it is counted. */
const SHORT_TEXT = 1000;
const FIRST_SLOTS = 4;

/** One that is remembered; it is used again for another one later. */
class Slot implements Piece {
  start = 0;
  length = 0;
  bodyLength = 0;
  form: Said['form'] = 'text';
  from = '';
  timestampMs = 0;
  atMs = 0;
  number = 0;
  bytes = 0;
}

/** A message of a row: `number` grows with each, whatever row it is of; `atMs` is when it was said, by `Clock.monotonicMs`. */
export type Remembered = Readonly<Pick<Slot, 'number' | 'atMs' | 'bytes'>> & { readonly init: MessageInit };

/** What was said on one channel, as many messages as it may have, in memory of its own. */
export class Row {
  readonly channel: string;
  /** When something was said there last, or somebody asked for it. */
  lastNumber = 0;
  /** Whether nothing of it is to be remembered; undefined: that was not asked yet. */
  isClosed: boolean | undefined;
  readonly #most: number;
  readonly #ring = new ByteRing();
  #slots: Slot[] = [];
  #first = 0;
  #count = 0;
  #usedBytes = 0;

  constructor(channel: string, most: number) {
    this.channel = detachText(channel);
    this.#most = most;
  }

  get length(): number {
    return this.#count;
  }

  /** How much memory there is for bytes, used or not. */
  get memoryBytes(): number {
    return this.#ring.buffer.length;
  }

  get isFull(): boolean {
    return this.#count >= this.#most;
  }

  /** The oldest of them, until it makes room. */
  get oldest(): Readonly<Slot> | undefined {
    return this.#count === 0 ? undefined : this.#slot(0);
  }

  /** Adds the newest; the row must not be full. Returns what it takes. */
  push(said: Said, number: number, atMs: number): number {
    const { body, tail } = said;
    const start = this.#ring.reserve(mostBytesOf(body) + 3 * tail.length + 1, this);
    const { buffer } = this.#ring;
    let end = start;
    if (typeof body === 'string') end += buffer.write(body, end);
    else {
      buffer.set(body, end);
      end += body.length;
    }
    if (this.#count === this.#slots.length) this.#grow();
    const slot = this.#slot(this.#count);
    slot.bodyLength = end - start;
    if (tail !== '') end += buffer.write(tail, end);
    // Each takes a byte at least, so that the newest and the oldest are never at one place.
    const length = Math.max(1, end - start);
    this.#ring.commit(start, length);
    slot.start = start;
    slot.length = length;
    slot.form = said.form;
    slot.from = this.#ownText(said.from);
    slot.timestampMs = said.timestampMs;
    slot.atMs = atMs;
    slot.number = number;
    slot.bytes = OVERHEAD_BYTES + length;
    this.#count++;
    this.#usedBytes += length;
    return slot.bytes;
  }

  /** The oldest makes room; returns what it took. */
  shift(): number {
    const { bytes, length } = this.#slot(0);
    this.#first = (this.#first + 1) % this.#slots.length;
    this.#count--;
    this.#usedBytes -= length;
    return bytes;
  }

  /** Gives back memory that is hardly used any more. */
  shrink(): void {
    this.#ring.shrink(this.#usedBytes, this.all());
  }

  /** Oldest first. */
  *all(): Generator<Slot> {
    for (let index = 0; index < this.#count; index++) yield this.#slot(index);
  }

  /** The newest that were said at `sinceMs` or later, `most` at most; oldest first. */
  last(most: number, sinceMs: number): Remembered[] {
    let index = this.#count;
    while (index > 0 && this.#count - index < most && this.#slot(index - 1).atMs >= sinceMs) index--;
    const found: Remembered[] = [];
    for (; index < this.#count; index++) found.push(this.#read(this.#slot(index)));
    return found;
  }

  #read({ start, length, bodyLength, form, from, timestampMs, atMs, number, bytes }: Slot): Remembered {
    const { buffer } = this.#ring;
    const tail = buffer.toString('utf8', start + bodyLength, bodyLength === 0 && length === 1 ? start : start + length);
    const body = Buffer.from(buffer.subarray(start, start + bodyLength));
    return { number, atMs, bytes, init: initOf({ from, to: this.channel, timestampMs, form, body, tail }) };
  }

  #slot(index: number): Slot {
    const { length } = this.#slots;
    const at = this.#first + index;
    return this.#slots[at < length ? at : at - length] as Slot;
  }

  #grow(): void {
    const inOrder = [...this.#slots.slice(this.#first), ...this.#slots.slice(0, this.#first)];
    const length = Math.min(this.#most, Math.max(FIRST_SLOTS, 2 * inOrder.length));
    while (inOrder.length < length) inOrder.push(new Slot());
    this.#slots = inOrder;
    this.#first = 0;
  }

  /** Most who speak on a channel have spoken there before, so that one text does for many messages. */
  #ownText(from: string): string {
    const last = this.#count === 0 ? undefined : this.#slot(this.#count - 1).from;
    return last === from ? last : detachText(from);
  }
}

function mostBytesOf(body: string | Uint8Array): number {
  if (typeof body !== 'string') return body.length;
  return body.length <= SHORT_TEXT ? 3 * body.length : Buffer.byteLength(body);
}
