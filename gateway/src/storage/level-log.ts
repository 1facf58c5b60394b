import { crc32c, maskCrc } from './crc32c.ts';

/** What is in a log of LevelDB's, and what of it cannot be read any more. */
export interface LogContent {
  /** Whole batches, in order. */
  batches: Buffer[];
  damage?: {
    /** Bytes of records whose checksum is wrong, and of what belonged to them. */
    bytes: number;
    /** Changes of single keys in these, as far as the numbers of the others tell. */
    changes: number;
  };
}

const BLOCK_BYTES = 32_768;
/** Checksum, length and type of a record. */
const HEADER_BYTES = 7;
/** Sequence number and count of a batch. */
const BATCH_HEADER_BYTES = 12;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

/**
 * Reads a log as LevelDB writes it (doc/log_format.md): blocks of 32 KiB with records, of which one or several are a batch of
 * changes. LevelDB leaves out all of a block behind a record whose checksum is wrong, and says nothing; here only that record is
 * left out where the next one is sound. A record that ends with the file is what a power cut leaves, and no damage.
 * A manifest is such a log as well, of which each batch is a record of its own kind.
 */
export function readLevelLog(file: Buffer, isManifest = false): LogContent {
  return new LogReader(file, isManifest).read();
}

/** A change of one key. */
export type LogChange = { type: 'put'; key: Buffer; value: Buffer } | { type: 'del'; key: Buffer };

/** The changes of a batch (db/write_batch.cc). Throws a RangeError where it is no batch. */
export function* readBatch(batch: Buffer): Generator<LogChange> {
  let at = BATCH_HEADER_BYTES;
  const text = (): Buffer => {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = batch.readUInt8(at++);
      length += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
      if (shift > 28) throw new RangeError('a length is too long');
    }
    if (at + length > batch.length) throw new RangeError('a batch is too short');
    const part = batch.subarray(at, at + length);
    at += length;
    return part;
  };
  while (at < batch.length) {
    const tag = batch.readUInt8(at++);
    const key = text();
    if (tag === 1) yield { type: 'put', key, value: text() };
    else if (tag === 0) yield { type: 'del', key };
    else throw new RangeError('a change is of no known type');
  }
}

class LogReader {
  readonly #file: Buffer;
  readonly #isManifest: boolean;
  readonly #batches: Buffer[] = [];
  /** The records of a batch that is not whole yet. */
  #pending: Buffer[] = [];
  #lostBytes = 0;
  #lostChanges = 0;
  #isDamaged = false;
  /** The sequence number that the next batch should begin with. */
  #next: bigint | undefined;

  constructor(file: Buffer, isManifest: boolean) {
    this.#file = file;
    this.#isManifest = isManifest;
  }

  read(): LogContent {
    const { length } = this.#file;
    for (let begin = 0; begin < length; begin += BLOCK_BYTES) {
      this.#readBlock(begin, Math.min(begin + BLOCK_BYTES, length), begin + BLOCK_BYTES >= length);
    }
    const batches = this.#batches;
    if (!this.#isDamaged) return { batches };
    return { batches, damage: { bytes: this.#lostBytes, changes: this.#lostChanges } };
  }

  #readBlock(begin: number, end: number, isLast: boolean): void {
    let at = begin;
    while (end - at >= HEADER_BYTES) {
      const length = this.#file.readUInt16LE(at + 4);
      const type = this.#file[at + 6];
      // Room that was made for records which were not written any more.
      if (type === 0 && length === 0) return;
      const after = at + HEADER_BYTES + length;
      if (after > end) {
        if (!isLast) this.#lose(end - at, undefined);
        return;
      }
      if (this.#isSound(at, after)) this.#take(type as number, this.#file.subarray(at + HEADER_BYTES, after));
      else if (end - after < HEADER_BYTES || this.#isSoundAt(after, end)) {
        this.#lose(after - at, this.#file.subarray(at + HEADER_BYTES, after));
      } else {
        // Its length may be what is wrong, and what looks like a record behind it be none.
        this.#lose(end - at, undefined);
        return;
      }
      at = after;
    }
  }

  #isSoundAt(at: number, end: number): boolean {
    const after = at + HEADER_BYTES + this.#file.readUInt16LE(at + 4);
    return after <= end && this.#isSound(at, after);
  }

  #isSound(at: number, after: number): boolean {
    return this.#file.readUInt32LE(at) === maskCrc(crc32c(this.#file.subarray(at + 6, after)));
  }

  #take(type: number, data: Buffer): void {
    if (type === FULL || type === FIRST) this.#dropPending();
    else if (this.#pending.length === 0) {
      // The beginning of it was lost, and counted, before.
      this.#lostBytes += data.length;
      return;
    }
    this.#pending.push(data);
    if (type === FULL || type === LAST) {
      const batch = this.#pending.length === 1 ? data : Buffer.concat(this.#pending);
      this.#pending = [];
      this.#add(batch);
    }
  }

  #add(batch: Buffer): void {
    if (this.#isManifest) {
      this.#batches.push(batch);
      return;
    }
    if (batch.length < BATCH_HEADER_BYTES) {
      this.#lose(batch.length, undefined);
      return;
    }
    const sequence = batch.readBigUInt64LE(0);
    if (this.#isDamaged && this.#next !== undefined && sequence > this.#next) {
      this.#lostChanges += Number(sequence - this.#next);
    }
    this.#next = sequence + BigInt(batch.readUInt32LE(8));
    this.#batches.push(batch);
  }

  /** Counts bytes that are no record; `data` is what may be the beginning of a batch, which tells how many changes it had. */
  #lose(bytes: number, data: Buffer | undefined): void {
    this.#isDamaged = true;
    this.#lostBytes += bytes;
    this.#dropPending();
    if (data === undefined || data.length < BATCH_HEADER_BYTES) return;
    const sequence = data.readBigUInt64LE(0);
    const count = data.readUInt32LE(8);
    // One that is followed by others is counted by their numbers; the last one, or the first, only by its own.
    if (this.#next === undefined && count <= data.length) {
      this.#lostChanges += count;
      this.#next = sequence + BigInt(count);
    }
  }

  #dropPending(): void {
    for (const piece of this.#pending) this.#lostBytes += piece.length;
    this.#pending = [];
  }
}
