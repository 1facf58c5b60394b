import type { GroupCommit } from '../../../common/group-commit.ts';
import { DAMAGED_BYTES, SEAL_BYTES, sealInPlace, unseal } from '../../../common/sealed.ts';
import type { OutboxDb } from './disk.ts';
import { type Chain, Entry, keyOf, OUT, readKey, readValue } from './outbox-entry.ts';

export interface OutboxParts {
  db: OutboxDb;
  writes: GroupCommit;
  /** How many bytes may wait, with what the database needs for them. */
  maxBytes: number;
  /** What tells this run of the gateway from all others. */
  run: string;
  /** Something in the database is not what was written there, and is left out. */
  damaged(): void;
}

/** About how much of what waits is in memory too; the rest is on the disk only, and is read when its turn comes. */
const MEMORY_BYTES = 4 * 1024 * 1024;
const READ_ENTRIES = 500;
/** About what an entry needs beside its bytes: its key, and what LevelDB adds. */
const ENTRY_BYTES = 64;
const END = `${OUT}~`;

/**
 * Messages that are to arrive at the other gateways, in the order in which they were taken: on disk from before their senders are told that they
 * are safe until the servers have acknowledged them. Those of one run of the gateway are a chain, with numbers that go up by one. A power cut
 * may take the last writes away, so no run uses the numbers of another.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #chain: Chain;
  readonly #chains = new Map<string, Chain>();
  /** The oldest entries, from `#first` on. */
  readonly #memory: (Entry | undefined)[] = [];
  #first = 0;
  #memoryBytes = 0;
  /** The key of the last entry that came to memory. */
  #lastKey = OUT;
  #count = 0;
  #bytes = 0;
  #nextNumber = 0;
  #isReading = false;
  /** The write after which `#grown` is called. */
  #announced = 0;
  #grown: () => void = () => {};

  private constructor(parts: OutboxParts, generation: number) {
    this.#parts = parts;
    this.#chain = { generation, run: parts.run };
    this.#chains.set(parts.run, this.#chain);
  }

  /** Opens it with what earlier runs left. */
  static async open(parts: OutboxParts): Promise<Outbox> {
    let [count, bytes, generation] = [0, 0, 0];
    const reader = parts.db.iterator({ gt: OUT, lt: END, valueEncoding: 'buffer' });
    for (;;) {
      const found = await reader.nextv(READ_ENTRIES);
      if (found.length === 0) break;
      for (const [key, value] of found) {
        count++;
        bytes += value.length + ENTRY_BYTES;
        generation = Math.max(generation, readKey(key)?.generation ?? 0);
      }
    }
    await reader.close();
    const outbox = new Outbox(parts, generation + 1);
    outbox.#count = count;
    outbox.#bytes = bytes;
    if (count > 0) await outbox.#read();
    return outbox;
  }

  /** How many messages wait, and their bytes on disk. */
  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many bytes may wait. */
  get maxBytes(): number {
    return this.#parts.maxBytes;
  }

  /** When the oldest was taken, by `Clock.now`; undefined: nothing waits. */
  get oldestMs(): number | undefined {
    return this.#memory[this.#first]?.takenMs;
  }

  /** The number that the next message gets in the chain of this run. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  get run(): string {
    return this.#chain.run;
  }

  /** Has `grown` called when there may be entries that `at` did not have before. */
  onGrown(grown: () => void): void {
    this.#grown = grown;
  }

  /** The entry at a position behind the oldest (0), as soon as it is on disk and in memory; see `onGrown`. */
  at(position: number): Entry | undefined {
    const entry = this.#memory[this.#first + position];
    return entry !== undefined && this.#parts.writes.isOver(entry.write) ? entry : undefined;
  }

  /** Takes a message as number `nextNumber`, and stages its write. False: there is no room. */
  add(subject: string, payload: Uint8Array, takenMs: number): boolean {
    const { writes, maxBytes } = this.#parts;
    const value = storedValue(subject, payload, takenMs);
    if (this.#bytes + value.length + ENTRY_BYTES > maxBytes) return false;
    const number = this.#nextNumber++;
    const key = keyOf(this.#chain, number);
    const size = value.length;
    const body = value.subarray(size - SEAL_BYTES - payload.length, size - SEAL_BYTES);
    const place = { key, number, chain: this.#chain, write: writes.nextWrite, size };
    const entry = new Entry({ ...place, subject, payload: body, takenMs });
    const isWhole = this.#memory.length - this.#first === this.#count;
    this.#count++;
    this.#bytes += value.length + ENTRY_BYTES;
    if (isWhole && this.#memoryBytes < MEMORY_BYTES) this.#remember(entry);
    entry.failed = () => this.#undo(entry);
    writes.put(key, value, entry);
    if (this.#announced !== entry.write) {
      this.#announced = entry.write;
      writes.commit(() => this.#grown());
    }
    return true;
  }

  /** The oldest is acknowledged, or cannot be sent at all. */
  shift(): void {
    const entry = this.#memory[this.#first];
    if (entry === undefined) return;
    this.#memory[this.#first++] = undefined;
    if (this.#first > READ_ENTRIES && this.#first * 2 > this.#memory.length) {
      this.#memory.splice(0, this.#first);
      this.#first = 0;
    }
    this.#count--;
    this.#bytes -= entry.size + ENTRY_BYTES;
    this.#memoryBytes -= entry.size;
    this.#parts.writes.del(entry.key);
    const inMemory = this.#memory.length - this.#first;
    if (inMemory < this.#count && this.#memoryBytes < MEMORY_BYTES / 2) void this.#read();
  }

  #remember(entry: Entry): void {
    this.#memory.push(entry);
    this.#memoryBytes += entry.size;
    this.#lastKey = entry.key;
  }

  /** It could not be written: its sender was told so, and nobody gets it. */
  #undo(entry: Entry): void {
    this.#count--;
    this.#bytes -= entry.size + ENTRY_BYTES;
    const at = this.#memory.lastIndexOf(entry);
    if (at < 0) return;
    this.#memory.splice(at, 1);
    this.#memoryBytes -= entry.size;
  }

  /** Reads on behind the last entry that came to memory; what is added meanwhile stays on the disk until it is read the next time. */
  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const { db, writes } = this.#parts;
    try {
      await writes.committed().catch(ignore);
      const reader = db.iterator({ gt: this.#lastKey, lt: END, limit: READ_ENTRIES, valueEncoding: 'buffer' });
      try {
        for (const [key, value] of await reader.nextv(READ_ENTRIES)) this.#take(key, value);
      } finally {
        await reader.close();
      }
    } finally {
      this.#isReading = false;
    }
    this.#grown();
  }

  #take(key: string, value: Buffer): void {
    const named = readKey(key);
    const bytes = unseal(value);
    if (named === undefined || bytes === DAMAGED_BYTES) {
      this.#lastKey = key;
      this.#count--;
      this.#bytes -= value.length + ENTRY_BYTES;
      this.#parts.writes.del(key);
      this.#parts.damaged();
      return;
    }
    const { generation, run, number } = named;
    let chain = this.#chains.get(run);
    if (chain === undefined) {
      chain = { generation, run };
      this.#chains.set(run, chain);
    }
    this.#remember(new Entry({ ...readValue(bytes), key, number, chain, write: 0, size: value.length }));
  }
}

function storedValue(subject: string, payload: Uint8Array, takenMs: number): Buffer {
  const begin = 10 + Buffer.byteLength(subject);
  const value = Buffer.allocUnsafe(begin + payload.length + SEAL_BYTES);
  value.writeDoubleBE(takenMs, 0);
  value.writeUInt16BE(begin - 10, 8);
  value.write(subject, 10);
  value.set(payload, begin);
  sealInPlace(value);
  return value;
}

function ignore(): void {}
