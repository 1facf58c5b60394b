import type { QueuedMessage } from './contract.ts';
import type { QueueRoom } from './queue-room.ts';

/** How many bytes of messages a queue keeps in memory. */
const MAX_BYTES = 128 * 1024;

/**
 * The part of a queue that is in memory: every entry from the number `from` to before the number `to`, for a client that is here. Entries
 * that it was handed are the first that go where there is no room.
 */
export class QueueWindow {
  readonly #room: QueueRoom;
  readonly #sizeOf: (seq: number) => number;
  #entries: (QueuedMessage | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #handed = 0;
  from = 0;
  to = 0;

  /** `sizeOf`: how many bytes an entry takes. */
  constructor(room: QueueRoom, sizeOf: (seq: number) => number) {
    this.#room = room;
    this.#sizeOf = sizeOf;
  }

  /** Begins anew at a number. */
  reset(at: number): void {
    this.#room.heldBytes -= this.#bytes;
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#handed = at;
    this.from = at;
    this.to = at;
  }

  /** Takes in the newest entry of the queue, if it is the next one, and there is room. */
  offer(entry: QueuedMessage): void {
    const { seq } = entry;
    if (seq !== this.to) return;
    while (this.#isFull && this.from < this.#handed) this.#shift();
    if (!this.#isFull) this.add(entry);
  }

  /** Takes in an entry behind the last one; between them there is none. */
  add(entry: QueuedMessage): void {
    const { seq } = entry;
    if (this.from === this.to) {
      this.from = seq;
      this.to = seq;
    }
    while (this.to < seq) this.#push(undefined);
    this.#push(entry);
    const bytes = this.#sizeOf(seq);
    this.#bytes += bytes;
    this.#room.heldBytes += bytes;
  }

  /** Says that there is no entry before this number that is not in the window. */
  extend(to: number): void {
    if (this.from === this.to) {
      this.from = to;
      this.to = to;
    }
    while (this.to < to) this.#push(undefined);
  }

  get(seq: number): QueuedMessage | undefined {
    return seq < this.from || seq >= this.to ? undefined : this.#entries[this.#head + seq - this.from];
  }

  /** Has another entry in the place of one. */
  replace(entry: QueuedMessage, isSmallerBy: number): void {
    if (this.get(entry.seq) === undefined) return;
    this.#entries[this.#head + entry.seq - this.from] = entry;
    this.#bytes -= isSmallerBy;
    this.#room.heldBytes -= isSmallerBy;
  }

  /** Takes an entry out; to be called while its size is still known. */
  delete(seq: number): void {
    if (this.get(seq) === undefined) return;
    this.#drop(seq);
    while (this.from < this.to && this.#entries[this.#head] === undefined) this.#shift();
  }

  /** Up to `most` entries from a number on that is in the window. */
  read(fromSeq: number, most: number): QueuedMessage[] {
    const found: QueuedMessage[] = [];
    let seq = fromSeq;
    for (; seq < this.to && found.length < most; seq++) {
      const entry = this.get(seq);
      if (entry !== undefined) found.push(entry);
    }
    if (seq > this.#handed) this.#handed = seq;
    return found;
  }

  get #isFull(): boolean {
    return this.#bytes > 0 && (this.#bytes >= MAX_BYTES || !this.#room.mayHold);
  }

  #push(entry: QueuedMessage | undefined): void {
    this.#entries.push(entry);
    this.to++;
  }

  #drop(seq: number): void {
    const bytes = this.#sizeOf(seq);
    this.#bytes -= bytes;
    this.#room.heldBytes -= bytes;
    this.#entries[this.#head + seq - this.from] = undefined;
  }

  #shift(): void {
    if (this.#entries[this.#head] !== undefined) this.#drop(this.from);
    this.#head++;
    this.from++;
    // Shifting each time would move all others.
    if (this.#head >= 64 && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }
}
