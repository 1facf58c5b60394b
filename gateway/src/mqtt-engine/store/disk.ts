import type { NativeBatch } from '../../common/level.ts';
import { DAMAGED_BYTES, unseal } from '../../common/sealed.ts';
import type { Commits, Committed } from './contract.ts';

/** Everything that a put or a deletion belongs to is told when it could not be written. */
export interface Undo {
  undo(number: number): void;
}

/** Values have their seal already (see common/sealed.ts). */
export type Operation =
  | { type: 'put'; key: string; value: Buffer; of?: Undo | undefined; number?: number }
  | { type: 'del'; key: string };

export interface Range {
  readonly gte: string;
  readonly lt: string;
}

interface Encodings {
  valueEncoding: 'buffer';
}

interface ReadOptions extends Range, Encodings {
  /** How many bytes are read at once. */
  highWaterMarkBytes: number;
}

/** What reads a range of a level database, in the order of its keys. */
export interface DbIterator {
  nextv(size: number): Promise<[string, Buffer][]>;
  close(): Promise<void>;
}

/** The part of an opened level database that the broker uses. */
export interface BrokerDb {
  batch(operations: Operation[], options: Encodings): Promise<void>;
  /** undefined for a key that is not there. */
  getMany(keys: string[], options: Encodings): Promise<(Buffer | undefined)[]>;
  iterator(options: ReadOptions): DbIterator;
  /** Of level itself: the same as `batch` without looking at each operation first, which takes longer than the write. */
  _chainedBatch?(): NativeBatch;
  readonly status?: string;
}

const BUFFERS: Encodings = { valueEncoding: 'buffer' };
/** How many entries are read at once, and about how many bytes. */
const READ_ENTRIES = 1000;
const READ_BYTES = 256 * 1024;
/** Values of earlier versions begin with a digit, or as MessagePack's maps do; today's with a lower byte, which names their format. */
const FIRST_OLD = 0x30;
/** Whoever asks for the values of keys, and is answered. */
interface Asking {
  readonly keys: readonly string[];
  answer(found: [string, Buffer | undefined][]): void;
  fail(error: unknown): void;
}

/** How many deletions of a write that failed are tried again. */
const MAX_RETRIED = 10_000;

/**
 * The broker's database. What is staged in one turn of the event loop is one write, and what is staged while a write is under way is the
 * next one: all of it is on disk, or nothing.
 */
export class Disk implements Commits {
  readonly #db: BrokerDb;
  readonly #damaged: (key: string) => void;
  #staged: Operation[] = [];
  /** Deletions that failed, for the next write. */
  #retried: Operation[] = [];
  #waiting: Committed[] = [];
  /** Those who wait for the write that is under way; undefined: none is. */
  #writing: Committed[] | undefined;
  #isDue = false;
  /** Which write will be the next one, and which was the last that is over. */
  #next = 1;
  #over = 0;
  /** A read of keys is under way, or about to be. */
  #isReading = false;
  /** Who asks for the values of keys. */
  #asking: Asking[] = [];

  /** `damaged` is told of each value that is found to be another than was written. */
  constructor(db: BrokerDb, damaged: (key: string) => void = () => {}) {
    this.#db = db;
    this.#damaged = damaged;
  }

  /** Stages a value, which is sealed. Where it cannot be written, `of` is told so, with its `number`. */
  put(key: string, value: Buffer, of?: Undo, number = 0): void {
    this.#staged.push({ type: 'put', key, value, of, number });
    if (!this.#isDue) this.#begin();
  }

  del(key: string): void {
    this.#staged.push({ type: 'del', key });
    if (!this.#isDue) this.#begin();
  }

  /** The number of the write that what is staged now is part of. */
  get nextWrite(): number {
    return this.#next;
  }

  /** True where this write, of that number, is over, whether it failed or not. */
  isOver(write: number): boolean {
    return write <= this.#over;
  }

  commit(done: Committed): boolean {
    if (this.#staged.length > 0) this.#waiting.push(done);
    else if (this.#writing !== undefined) this.#writing.push(done);
    else return false;
    return true;
  }

  /** Resolves when what was staged so far is on disk; rejects where it could not be written. */
  committed(): Promise<void> {
    return new Promise((resolve, reject) => {
      const isLater = this.commit((error) => (error === undefined ? resolve() : reject(error as Error)));
      if (!isLater) resolve();
    });
  }

  /** Resolves when nothing is being written any more, whether it failed or not. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined || this.#staged.length > 0) await this.committed().catch(ignore);
  }

  /** Up to `most` entries of a range, their values without seals; damaged ones are undefined. What is staged is not among them. */
  async read(range: Range, most: number, bytes: number): Promise<[string, Buffer | undefined][]> {
    const iterator = this.#db.iterator({ ...range, ...BUFFERS, highWaterMarkBytes: bytes });
    try {
      return (await iterator.nextv(most)).map(([key, value]) => [key, this.#unsealed(key, value)]);
    } finally {
      await iterator.close();
    }
  }

  /**
   * The entries with these keys that are there, as `read` has them. Who asks in one turn of the event loop, or while others are answered, is
   * answered by one read: thousands of clients may come back at once, with a few messages each.
   */
  readKeys(keys: readonly string[]): Promise<[string, Buffer | undefined][]> {
    return new Promise((answer, fail) => {
      this.#asking.push({ keys, answer, fail });
      if (this.#isReading) return;
      this.#isReading = true;
      setImmediate(() => this.#readAsked());
    });
  }

  #readAsked(): void {
    const asking = this.#asking;
    this.#asking = [];
    this.#isReading = true;
    const keys = asking.flatMap((each) => each.keys);
    this.#db.getMany(keys, BUFFERS).then(
      (values) => {
        this.#readOn();
        let at = 0;
        for (const { keys, answer } of asking) {
          const found: [string, Buffer | undefined][] = [];
          for (const key of keys) {
            const value = values[at++];
            if (value !== undefined) found.push([key, this.#unsealed(key, value)]);
          }
          answer(found);
        }
      },
      (error: unknown) => {
        this.#readOn();
        for (const { fail } of asking) fail(error);
      },
    );
  }

  #readOn(): void {
    this.#isReading = false;
    if (this.#asking.length > 0) this.#readAsked();
  }

  /** The entries of a range, as they are read from the disk: some at once. What is staged is not among them. */
  async *chunks(range: Range): AsyncGenerator<[string, Buffer | undefined][]> {
    const iterator = this.#db.iterator({ ...range, ...BUFFERS, highWaterMarkBytes: READ_BYTES });
    try {
      for (;;) {
        const entries = await iterator.nextv(READ_ENTRIES);
        if (entries.length === 0) return;
        yield entries.map(([key, value]) => [key, this.#unsealed(key, value)]);
      }
    } finally {
      await iterator.close();
    }
  }

  #unsealed(key: string, value: Buffer): Buffer | undefined {
    const bytes = unseal(value);
    // Only values of earlier versions have no seal, and begin otherwise.
    const isBare = bytes.length === value.length && (value[0] ?? 0) < FIRST_OLD;
    if (bytes !== DAMAGED_BYTES && !isBare) return bytes;
    this.#damaged(key);
    return undefined;
  }

  #begin(): void {
    this.#isDue = true;
    // What is staged in one turn is one write.
    if (this.#writing === undefined) setImmediate(() => this.#write());
  }

  #write(): void {
    const operations = this.#retried.length > 0 ? [...this.#retried, ...this.#staged] : this.#staged;
    this.#writing = this.#waiting;
    this.#retried = [];
    this.#staged = [];
    this.#waiting = [];
    this.#isDue = false;
    this.#next++;
    this.#batch(operations).then(
      () => this.#written(),
      (error: unknown) => {
        this.#takeBack(operations);
        this.#written(error);
      },
    );
  }

  async #batch(operations: Operation[]): Promise<void> {
    const db = this.#db;
    // A database that is closed takes no such batch, and level looks after that elsewhere.
    if (db._chainedBatch === undefined || db.status !== 'open') {
      await db.batch(operations, BUFFERS);
      return;
    }
    const batch = db._chainedBatch();
    for (const operation of operations) {
      if (operation.type === 'put') batch._put(operation.key, operation.value);
      else batch._del(operation.key);
    }
    try {
      await batch._write(BUFFERS);
    } finally {
      batch.close().catch(ignore);
    }
  }

  #written(error?: unknown): void {
    const waiting = this.#writing ?? [];
    this.#writing = undefined;
    this.#over = this.#next - 1;
    // What these stage is part of the write that is begun behind them.
    this.#isDue = true;
    for (const done of waiting) done(error);
    this.#isDue = false;
    if (this.#staged.length > 0) this.#write();
  }

  /** Nobody stages a deletion again, and what it was to take away would be there again after a restart. */
  #takeBack(operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.type === 'put') operation.of?.undo(operation.number ?? 0);
      else if (this.#retried.length < MAX_RETRIED) this.#retried.push(operation);
    }
  }
}

function ignore(): void {}
