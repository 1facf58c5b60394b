import { OVERHEAD_BYTES, type Remembered, Row } from './row.ts';
import type { Said } from './said.ts';

export interface PastLimits {
  /** Of each channel. */
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxChannels: number;
  readonly maxAgeMs: number;
}

/** How many of all make room at once, so that not each message has to look for the oldest. */
const SHARE = 1 / 8;

/** The last messages of channels: of each so many, of all so many bytes, and none that is too old. The oldest make room. */
export class Past {
  readonly #limits: PastLimits;
  readonly #rows = new Map<string, Row>();
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

  row(channel: string): Row | undefined {
    return this.#rows.get(channel);
  }

  rows(): Iterable<Row> {
    return this.#rows.values();
  }

  /** Remembers what is said on a channel from now on. */
  open(channel: string): Row {
    let row = this.#rows.get(channel);
    if (row === undefined) {
      row = new Row(channel, this.#limits.maxMessages);
      this.#rows.set(row.channel, row);
    }
    row.lastNumber = this.#next++;
    if (this.#rows.size > this.#limits.maxChannels) this.#close();
    return row;
  }

  /** `atMs`: by `Clock.monotonicMs`. */
  add(row: Row, said: Said, atMs: number): void {
    const { maxBytes } = this.#limits;
    row.lastNumber = this.#next++;
    if (isLarger(said, maxBytes)) return;
    if (row.isFull) this.#shift(row);
    this.#bytes += row.push(said, row.lastNumber, atMs);
    this.#count++;
    if (this.#bytes > maxBytes) this.#makeRoom();
  }

  /** Forgets what is too old. To be called now and then. */
  settle(nowMs: number): void {
    const sinceMs = nowMs - this.#limits.maxAgeMs;
    for (const row of this.#rows.values()) this.#cut(row, ({ atMs }) => atMs < sinceMs);
  }

  /** The newest of a channel that were said at `sinceMs` or later, `most` at most; oldest first. */
  last(channel: string, most: number, sinceMs: number): Remembered[] {
    return this.#rows.get(channel)?.last(most, sinceMs) ?? [];
  }

  /** Forgets the channel on which nothing was said for longest. */
  #close(): void {
    let idlest: Row | undefined;
    for (const row of this.#rows.values()) {
      if (idlest === undefined || row.lastNumber < idlest.lastNumber) idlest = row;
    }
    if (idlest === undefined) return;
    while (idlest.length > 0) this.#shift(idlest);
    this.#rows.delete(idlest.channel);
  }

  /** Forgets the oldest eighth of all, and again until they have room. */
  #makeRoom(): void {
    while (this.#bytes > this.#limits.maxBytes) {
      const numbers = new Float64Array(this.#count);
      let index = 0;
      for (const row of this.#rows.values()) for (const { number } of row.all()) numbers[index++] = number;
      const firstKept = numbers.sort()[Math.ceil(this.#count * SHARE)] ?? Number.POSITIVE_INFINITY;
      for (const row of this.#rows.values()) this.#cut(row, ({ number }) => number < firstKept);
    }
  }

  /** Forgets the oldest of a row while `isOld` is true for them. */
  #cut(row: Row, isOld: (oldest: Pick<Remembered, 'number' | 'atMs'>) => boolean): void {
    const { length } = row;
    for (let { oldest } = row; oldest !== undefined && isOld(oldest); oldest = row.oldest) this.#shift(row);
    if (row.length < length) row.shrink();
  }

  #shift(row: Row): void {
    this.#bytes -= row.shift();
    this.#count--;
  }
}

/** Whether one message alone takes more than `bytes`; counted only where it may be. */
function isLarger({ body, tail }: Said, bytes: number): boolean {
  if (3 * (body.length + tail.length) + OVERHEAD_BYTES <= bytes) return false;
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  return bodyBytes + Buffer.byteLength(tail) + OVERHEAD_BYTES > bytes;
}
