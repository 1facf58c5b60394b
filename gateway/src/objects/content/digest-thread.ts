import { Worker } from 'node:worker_threads';
import { type Digests, digestFile } from './digests.ts';

/** What the thread is told about a file. */
export type DigestRequest =
  | { what: 'follow'; id: number; path: string; withMd5: boolean }
  /** The file has this many bytes now. */
  | { what: 'grown'; id: number; size: number }
  /** The file ends after this many bytes. */
  | { what: 'finish'; id: number; size: number }
  | { what: 'cancel'; id: number };

/** Its answer, once for each finished file. */
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

/** The compiled thread. Node cannot run the sources themselves; there, files are digested when they are complete. */
const THREAD = import.meta.url.endsWith('.js') ? new URL('./digest-worker.js', import.meta.url) : undefined;

interface Waiting {
  resolve(digests: Digests): void;
  reject(error: Error): void;
}

/**
 * Digests large files on another thread, so that an upload of a gigabyte does not delay anybody's messages. The thread reads just behind
 * the writer, while the file is still in the system's cache. It runs only while there are such files.
 */
export class DigestThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #files = 0;
  #ids = 0;

  /** Starts to read the file at `path`, which exists. */
  follow(path: string, options: { withMd5: boolean }): FollowedFile {
    if (!THREAD) return { grown: () => {}, finish: (size) => digestFile(path, size, options), cancel: () => {} };
    const id = ++this.#ids;
    let told = 0;
    this.#files++;
    this.#tell({ what: 'follow', id, path, ...options });
    const release = (): void => {
      this.#waiting.delete(id);
      if (--this.#files === 0) this.#end();
    };
    return {
      grown: (size) => {
        if (size - told < STEP_BYTES) return;
        told = size;
        this.#tell({ what: 'grown', id, size });
      },
      finish: (size) => {
        const digests = new Promise<Digests>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
        this.#tell({ what: 'finish', id, size });
        return digests.finally(release);
      },
      cancel: () => {
        this.#tell({ what: 'cancel', id });
        release();
      },
    };
  }

  /** Ends the thread, whatever it is doing. */
  close(): void {
    this.#end();
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
