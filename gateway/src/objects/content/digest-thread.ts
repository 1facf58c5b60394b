import { Worker } from 'node:worker_threads';
import type { Clock } from '../../common/clock.ts';
import { type Digests, digestBytes, digestFile } from './digests.ts';

/** What the thread is told about a file, or about bytes in memory that both threads have. */
export type DigestRequest =
  | { what: 'whole'; id: number; bytes: Uint8Array; withMd5: boolean }
  | { what: 'follow'; id: number; path: string; withMd5: boolean }
  /** The file has this many bytes now. */
  | { what: 'grown'; id: number; size: number }
  /** The file ends after this many bytes. */
  | { what: 'finish'; id: number; size: number }
  | { what: 'cancel'; id: number };

/** Its answer, once for each finished file and all bytes. */
export type DigestAnswer = { id: number; digests: Digests } | { id: number; fault: string };

/** A file that is digested while it is being written. */
export interface FollowedFile {
  /** The file has `size` bytes now, written and readable. */
  grown(size: number): void;
  /** The digests of its first `size` bytes. Rejects if they cannot be read. */
  finish(size: number): Promise<Digests>;
  cancel(): void;
}

/** The thread is told about growth in steps, as each message costs both sides some microseconds. */
const STEP_BYTES = 1024 * 1024;
/** For so long the thread waits for more: to start it takes as long as to digest twenty megabytes. */
const REST_MS = 10_000;

/** The compiled thread. Node cannot run the sources themselves; there, all is digested here, and files when they are complete. */
const THREAD = import.meta.url.endsWith('.js') ? new URL('./digest-worker.js', import.meta.url) : undefined;

interface Waiting {
  resolve(digests: Digests): void;
  reject(error: Error): void;
}

/**
 * Digests large files, and smaller ones of which many come at once, on another thread, so that an upload of a gigabyte does not delay
 * anybody's messages. The thread reads large ones just behind the writer, while the file is still in the system's cache. It runs only while
 * there is something to digest, and some seconds longer.
 */
export class DigestThread {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #tasks = 0;
  #ids = 0;
  #stopRest = (): void => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The digests of bytes that are not changed meanwhile.
   *
   * @param bytes in shared memory
   */
  async digest(bytes: Uint8Array, options: { withMd5: boolean }): Promise<Digests> {
    if (!THREAD) return digestBytes(bytes, options);
    const id = this.#begin();
    const digests = this.#answerOf(id);
    this.#tell({ what: 'whole', id, bytes, ...options });
    // Where the thread fails, this one does it.
    return await digests.catch(() => digestBytes(bytes, options)).finally(() => this.#release(id));
  }

  /** Starts to read the file at `path`, which exists. */
  follow(path: string, options: { withMd5: boolean }): FollowedFile {
    if (!THREAD) return { grown: () => {}, finish: (size) => digestFile(path, size, options), cancel: () => {} };
    const id = this.#begin();
    let told = 0;
    this.#tell({ what: 'follow', id, path, ...options });
    return {
      grown: (size) => {
        if (size - told < STEP_BYTES) return;
        told = size;
        this.#tell({ what: 'grown', id, size });
      },
      finish: (size) => {
        const digests = this.#answerOf(id);
        this.#tell({ what: 'finish', id, size });
        return digests.finally(() => this.#release(id));
      },
      cancel: () => {
        this.#tell({ what: 'cancel', id });
        this.#release(id);
      },
    };
  }

  /** Ends the thread, whatever it is doing. */
  close(): void {
    this.#stopRest();
    this.#end();
  }

  #begin(): number {
    this.#tasks++;
    this.#stopRest();
    return ++this.#ids;
  }

  #answerOf(id: number): Promise<Digests> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #release(id: number): void {
    this.#waiting.delete(id);
    if (--this.#tasks === 0) this.#stopRest = this.#clock.after(REST_MS, () => this.#end());
  }

  #tell(request: DigestRequest): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(request);
  }

  #start(): Worker {
    const worker = new Worker(THREAD as URL);
    worker.unref();
    worker.on('message', (answer: DigestAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      if ('digests' in answer) waiting?.resolve(answer.digests);
      else waiting?.reject(new Error(answer.fault));
    });
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () => this.#fail(worker, new Error('the thread that digests files has ended')));
    return worker;
  }

  #fail(worker: Worker, error: Error): void {
    // An older thread that ended with its last file; this is no error.
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const waiting of [...this.#waiting.values()]) waiting.reject(error);
  }

  #end(): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#fail(worker, new Error('the gateway stops'));
    void worker.terminate();
  }
}
