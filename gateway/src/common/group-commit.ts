import type { NativeBatch } from './level.ts';

/** Everything that a put or a deletion belongs to is told when it could not be written. */
export interface Undo {
  undo(number: number): void;
}

/** Values have their seal already (see sealed.ts). */
export type Operation =
  | { type: 'put'; key: string; value: Buffer; of?: Undo | undefined; number?: number }
  | { type: 'del'; key: string };

/** Calls back when what was staged is on disk, or could not be written. */
export type Committed = (error?: unknown) => void;

/** What is staged in one turn of the event loop is one write. */
export interface Commits {
  /**
   * Calls `done` when everything that was staged so far is on disk, in the order of the calls; false, and no call, where all of it is
   * there. Where it could not be written, whatever was told to undo it has done so by then.
   */
  commit(done: Committed): boolean;
}

export interface Encodings {
  valueEncoding: 'buffer';
}

/** The part of an opened level database that writes. */
export interface WritableDb {
  batch(operations: Operation[], options: Encodings): Promise<void>;
  /** Of level itself: the same as `batch` without looking at each operation first, which takes longer than the write. */
  _chainedBatch?(): NativeBatch;
  readonly status?: string;
}

export const BUFFERS: Encodings = { valueEncoding: 'buffer' };
/** How many deletions of a write that failed are tried again. */
const MAX_RETRIED = 10_000;

/**
 * Writes to the database for all that share it. What is staged in one turn of the event loop is one write, and what is staged while a write is
 * under way is the next one: all of it is on disk, or nothing.
 */
export class GroupCommit implements Commits {
  readonly #db: WritableDb;
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

  constructor(db: WritableDb) {
    this.#db = db;
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
