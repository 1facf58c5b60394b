import { DAMAGED_BYTES, sealedBytes } from '../../common/sealed.ts';

interface Range {
  gte: string;
  lt: string;
}

interface BufferEncoding {
  valueEncoding: typeof sealedBytes;
}

export type Operation = { type: 'put'; key: string; value: Buffer } | { type: 'del'; key: string };

/** The part of an opened level database that the broker uses. */
export interface BrokerDb {
  getSync(key: string, options: BufferEncoding): Buffer | undefined;
  batch(operations: Operation[], options: BufferEncoding): Promise<void>;
  keys(range: Range): AsyncIterable<string>;
  iterator(options: Range & BufferEncoding): AsyncIterable<[string, Buffer]>;
  clear(range: Range): Promise<void>;
}

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

const BUFFERS: BufferEncoding = { valueEncoding: sealedBytes };

/**
 * A database whose operations finish in the order in which they were begun. Level's own run on several threads, and
 * messages of one sender on one topic would overtake each other. What is written while a write is under way goes to
 * disk in one batch after it, which is also faster than one by one.
 */
export class OrderedDb {
  readonly #db: BrokerDb;
  #operations: Operation[] = [];
  #waiters: Waiter[] = [];
  #writing: Promise<void> | undefined;
  /** What is not on disk yet; undefined is a deletion. */
  readonly #unwritten = new Map<string, { value: Buffer | undefined }>();

  readonly #damaged: (key: string) => void;

  /** `damaged` is told of each value that is found to be another than was written; it is as good as not there. */
  constructor(db: BrokerDb, damaged: (key: string) => void = () => {}) {
    this.#db = db;
    this.#damaged = damaged;
  }

  /** The value, or undefined. Reads at once, so that reads keep their order too. */
  async get(key: string): Promise<Buffer | undefined> {
    const unwritten = this.#unwritten.get(key);
    if (unwritten) return unwritten.value;
    const value = this.#db.getSync(key, BUFFERS);
    if (value !== DAMAGED_BYTES) return value;
    this.#damaged(key);
    return undefined;
  }

  /** Resolves when it is on disk. */
  put(key: string, value: Buffer): Promise<void> {
    return this.#write([{ type: 'put', key, value }]);
  }

  del(key: string): Promise<void> {
    return this.#write([{ type: 'del', key }]);
  }

  batch(): ChainedBatch;
  batch(operations: Operation[]): Promise<void>;
  batch(operations?: Operation[]): ChainedBatch | Promise<void> {
    if (operations === undefined) return new ChainedBatch((gathered) => this.#write(gathered));
    return this.#write(operations);
  }

  /** The values in a range of keys; what was written before the call is among them. */
  async *values(range: Range): AsyncGenerator<Buffer> {
    for await (const [, value] of this.entries(range)) yield value;
  }

  async *entries(range: Range): AsyncGenerator<[string, Buffer]> {
    await this.settled();
    for await (const entry of this.#db.iterator({ gte: range.gte, lt: range.lt, ...BUFFERS })) {
      if (entry[1] === DAMAGED_BYTES) this.#damaged(entry[0]);
      else yield entry;
    }
  }

  async *keys(range: Range): AsyncGenerator<string> {
    await this.settled();
    yield* this.#db.keys(range);
  }

  async clear(range: Range): Promise<void> {
    await this.settled();
    await this.#db.clear(range);
  }

  /** Resolves when everything written so far is on disk; rejects where what was written in the same go failed. */
  barrier(): Promise<void> {
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Resolves when nothing is being written any more, whether it failed or not. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #write(operations: Operation[]): Promise<void> {
    if (operations.length === 0) return Promise.resolve();
    for (const operation of operations) {
      this.#operations.push(operation);
      this.#unwritten.set(operation.key, { value: operation.type === 'put' ? operation.value : undefined });
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    // What is begun in one go, and a barrier after it, belong to one batch.
    await Promise.resolve();
    while (this.#waiters.length > 0) {
      const operations = this.#operations;
      const waiters = this.#waiters;
      const unwritten = operations.map(({ key }) => this.#unwritten.get(key));
      this.#operations = [];
      this.#waiters = [];
      let failure: { error: unknown } | undefined;
      try {
        if (operations.length > 0) await this.#db.batch(operations, BUFFERS);
      } catch (error) {
        failure = { error };
      }
      for (const [index, { key }] of operations.entries()) {
        if (this.#unwritten.get(key) === unwritten[index]) this.#unwritten.delete(key);
      }
      for (const waiter of waiters) {
        if (failure) waiter.reject(failure.error);
        else waiter.resolve();
      }
    }
    this.#writing = undefined;
  }
}

/** Operations that are gathered, then written together. */
export class ChainedBatch {
  readonly #operations: Operation[] = [];
  readonly #writeAll: (operations: Operation[]) => Promise<void>;

  constructor(writeAll: (operations: Operation[]) => Promise<void>) {
    this.#writeAll = writeAll;
  }

  put(key: string, value: Buffer): this {
    this.#operations.push({ type: 'put', key, value });
    return this;
  }

  del(key: string): this {
    this.#operations.push({ type: 'del', key });
    return this;
  }

  write(): Promise<void> {
    return this.#writeAll(this.#operations);
  }
}
