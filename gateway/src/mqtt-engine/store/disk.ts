import {
  BUFFERS,
  type Commits,
  type Committed,
  type Encodings,
  GroupCommit,
  type Undo,
  type WritableDb,
} from '../../common/group-commit.ts';
import { DAMAGED_BYTES, unseal } from '../../common/sealed.ts';

export interface Range {
  readonly gte: string;
  readonly lt: string;
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
export interface BrokerDb extends WritableDb {
  /** undefined for a key that is not there. */
  getMany(keys: string[], options: Encodings): Promise<(Buffer | undefined)[]>;
  iterator(options: ReadOptions): DbIterator;
}

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

/** The broker's database: what is read of it, and what is written together with all else (see `GroupCommit`). */
export class Disk implements Commits {
  readonly #db: BrokerDb;
  readonly #writes: GroupCommit;
  readonly #damaged: (key: string) => void;
  /** A read of keys is under way, or about to be. */
  #isReading = false;
  /** Who asks for the values of keys. */
  #asking: Asking[] = [];

  /** `damaged` is told of each value that is found to be another than was written. `writes`: of the same database. */
  constructor(db: BrokerDb, damaged: (key: string) => void = () => {}, writes = new GroupCommit(db)) {
    this.#db = db;
    this.#writes = writes;
    this.#damaged = damaged;
  }

  /** Stages a value, which is sealed. Where it cannot be written, `of` is told so, with its `number`. */
  put(key: string, value: Buffer, of?: Undo, number = 0): void {
    this.#writes.put(key, value, of, number);
  }

  del(key: string): void {
    this.#writes.del(key);
  }

  /** The number of the write that what is staged now is part of. */
  get nextWrite(): number {
    return this.#writes.nextWrite;
  }

  /** True where this write, of that number, is over, whether it failed or not. */
  isOver(write: number): boolean {
    return this.#writes.isOver(write);
  }

  commit(done: Committed): boolean {
    return this.#writes.commit(done);
  }

  /** Resolves when what was staged so far is on disk; rejects where it could not be written. */
  committed(): Promise<void> {
    return this.#writes.committed();
  }

  /** Resolves when nothing is being written any more, whether it failed or not. */
  settled(): Promise<void> {
    return this.#writes.settled();
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
}
