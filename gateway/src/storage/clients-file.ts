import { readFile, rename } from 'node:fs/promises';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import type { ClientInfo } from '../hub/client.ts';
import { replaceFile } from './atomic-file.ts';
import { readClients, writeClients } from './clients-text.ts';

/** The file is for people, who look at it now and then: it is written at most once in this time, and at the end. */
const INTERVAL_MS = 60_000;
/** A disk that fails is logged once in this time. */
const QUIET_MS = 60_000;

/**
 * The known clients in `cross_comm_clients.yaml`, where a pywayne server keeps them as well. What counts is in the database; the
 * file is read where that has nothing. A change is written at once if the last writing is a minute ago, else when that minute
 * is over; never where the text stays the same.
 */
export class ClientsFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #snapshot: () => ClientInfo[];
  #dirty = false;
  #closed = false;
  #written: string | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** A disk that hangs is waited for, so that writings do not pile up behind it. */
  #busy = false;
  /** Ends the wait for the next writing; undefined where none is going on. */
  #endWait: (() => void) | undefined;
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(path: string, { clock, log }: { clock: Clock; log: Log }, snapshot: () => ClientInfo[]) {
    this.#path = path;
    this.#clock = clock;
    this.#log = log;
    this.#snapshot = snapshot;
  }

  /** What an earlier run knew. A file that cannot be read is moved aside, and nobody is known. */
  async load(): Promise<ClientInfo[]> {
    try {
      return await readClients(await readFile(this.#path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      const movedTo = `${this.#path}.broken`;
      const moved = await rename(this.#path, movedTo).then(
        () => true,
        () => false,
      );
      this.#log.warn(
        { path: this.#path, ...(moved ? { movedTo } : {}), reason: reasonOf(error) },
        'the list of known clients cannot be read; it begins empty',
      );
      return [];
    }
  }

  /** Says that the list has changed. */
  changed(): void {
    if (this.#closed) return;
    this.#dirty = true;
    if (!this.#endWait && !this.#busy) this.#start();
  }

  /** Writes what has changed, without waiting for the minute to pass. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#dirty && !this.#busy) this.#write();
    await this.#writing;
  }

  /** Writes what has changed; nothing after that. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#endWait?.();
    this.#endWait = undefined;
    await this.flush();
  }

  #start(): void {
    if (!this.#write()) return;
    this.#endWait = this.#clock.after(INTERVAL_MS, () => {
      this.#endWait = undefined;
      this.#goOn();
    });
  }

  /** Writes what changed meanwhile, once both the minute and the writing before it are over. */
  #goOn(): void {
    if (this.#dirty && !this.#closed && !this.#busy && !this.#endWait) this.#start();
  }

  /** Begins to write; false where there is nothing new. Not to be called while another writing goes on. */
  #write(): boolean {
    this.#dirty = false;
    const text = writeClients(this.#snapshot());
    if (text === this.#written) return false;
    this.#written = text;
    this.#busy = true;
    this.#writing = replaceFile(this.#path, text)
      .catch((error: unknown) => {
        this.#dirty = true;
        this.#written = undefined;
        this.#report(error);
      })
      .then(() => {
        this.#busy = false;
        this.#goOn();
      });
    return true;
  }

  #report(error: unknown): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#loggedMs < QUIET_MS) return;
    this.#loggedMs = now;
    this.#log.error(
      { code: 'DATA_DIR_UNUSABLE', path: this.#path, reason: reasonOf(error) },
      'the list of known clients cannot be written: look at the disk',
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
