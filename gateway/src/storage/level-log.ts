import { crc32c, maskCrc } from './crc32c.ts';

/** The contents of one of LevelDB's logs, and what can no longer be read in it. */
export interface LogContent {
  /** Whole batches, in order. */
  batches: Buffer[];
  damage?: {
    /** The bytes of records with a wrong checksum, and of batches that such a record was part of. */
    bytes: number;
    /** How many changes of single keys were lost with these, as far as the sequence numbers tell. */
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
 * Reads a log in LevelDB's format (doc/log_format.md): blocks of 32 KiB with records; one or several records make up a batch of changes.
 * After a record with a wrong checksum, LevelDB silently skips the rest of its block; this reader skips only that record if the next one is
 * sound. A record that the end of the file cuts off is normal after a power cut and is no damage.
 * A manifest has the same format; each of its batches is a record of its own kind.
 */
export function readLevelLog(file: Buffer, isManifest = false): LogContent {
  return new LogReader(file, isManifest).read();
}

/** A change of one key. */
export type LogChange = { type: 'put'; key: Buffer; value: Buffer } | { type: 'del'; key: Buffer };

/** The changes in a batch (db/write_batch.cc). Throws a RangeError if it is not a batch. */
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
  /** The records of a batch that is not complete yet. */
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
      // Preallocated room that was never written.
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
        // The length itself may be wrong, so what looks like the next record may be none.
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
      // The beginning of this batch was lost, and has been counted.
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

  /** Counts bytes that are not a readable record; `data` may be the beginning of a batch, which says how many changes it had. */
  #lose(bytes: number, data: Buffer | undefined): void {
    this.#isDamaged = true;
    this.#lostBytes += bytes;
    this.#dropPending();
    if (data === undefined || data.length < BATCH_HEADER_BYTES) return;
    const sequence = data.readBigUInt64LE(0);
    const count = data.readUInt32LE(8);
    // If more batches follow, their sequence numbers tell how many changes were lost; for the first and the last batch only their own count
    // does.
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
