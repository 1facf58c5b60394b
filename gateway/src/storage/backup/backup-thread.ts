import { Worker } from 'node:worker_threads';
import { type BackupOrder, BackupWriter } from './write-backup.ts';

/** What the thread is told. */
export type BackupRequest = { what: 'open'; order: BackupOrder } | { what: 'next' };

/** Its answer to each request, in their order. */
export type BackupAnswer =
  | { what: 'opened'; bytes: number }
  | { what: 'piece'; piece: Uint8Array<ArrayBuffer> }
  | { what: 'end' }
  | { what: 'fault'; message: string; code: string | undefined };

/** The compiled thread. Node cannot run the sources themselves; there, backups are made on this one. */
const THREAD = import.meta.url.endsWith('.js') ? new URL('./backup-worker.js', import.meta.url) : undefined;

/** How many pieces are read ahead of whoever takes them. */
const AHEAD = 4;

/** A backup that is being made. */
export interface BackupStream {
  /** How long it will be, without the objects, in bytes. */
  readonly bytes: number;
  /** Its pieces, once. Rejects where it cannot be made. It must be taken to its end, or closed. */
  readonly pieces: AsyncIterable<Uint8Array>;
  close(): void;
}

/** Has `work` done while nothing is written to the database. */
export type BetweenWrites = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Begins a backup, which has the data directory as it is at one moment between two writes to the database. It is made on another thread:
 * this one hands on what comes from there, as fast as that is taken.
 *
 * @throws Error where the files cannot be opened; nothing is open then
 */
export async function beginBackup(order: BackupOrder, between: BetweenWrites): Promise<BackupStream> {
  if (!THREAD) return await between(async () => ownStream(new BackupWriter(order)));
  const thread = new BackupThread(new Worker(THREAD));
  try {
    await thread.started;
    const answer = await between(() => thread.ask({ what: 'open', order }));
    return { bytes: answer.what === 'opened' ? answer.bytes : 0, pieces: thread.pieces(), close: () => thread.close() };
  } catch (error) {
    thread.close();
    throw error;
  }
}

function ownStream(writer: BackupWriter): BackupStream {
  const { bytes } = writer;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      yield* writer.pieces();
    } finally {
      writer.close();
    }
  }
  return { bytes, pieces: pieces(), close: () => writer.close() };
}

interface Waiting {
  resolve(answer: BackupAnswer): void;
  reject(error: Error): void;
}

/** The thread as this one sees it. */
class BackupThread {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  readonly started: Promise<void>;
  #fault: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.started = new Promise((resolve, reject) => {
      worker.once('online', resolve);
      worker.once('error', reject);
    });
    worker.on('message', (answer: BackupAnswer) => this.#waiting.shift()?.resolve(answer));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error('the thread that makes backups has ended')));
  }

  /** Rejects with what the thread says is wrong. */
  async ask(request: BackupRequest): Promise<BackupAnswer> {
    const answer = await new Promise<BackupAnswer>((resolve, reject) => {
      if (this.#fault) reject(this.#fault);
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
    if (answer.what !== 'fault') return answer;
    throw Object.assign(new Error(answer.message), answer.code === undefined ? {} : { code: answer.code });
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    const asked: Promise<BackupAnswer>[] = [];
    const askNext = (): void => {
      const answer = this.ask({ what: 'next' });
      // Whoever takes the pieces may have gone by then.
      answer.catch(() => {});
      asked.push(answer);
    };
    for (let count = 0; count < AHEAD; count++) askNext();
    try {
      for (;;) {
        const answer = await asked.shift();
        if (answer?.what !== 'piece') return;
        askNext();
        yield answer.piece;
      }
    } finally {
      this.close();
    }
  }

  /** Ends the thread, whatever it is doing; the files that it has open are closed. */
  close(): void {
    this.#fail(new Error('the backup was given up'));
    void this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#fault ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
