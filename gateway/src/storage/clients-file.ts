import { readFile, rename } from 'node:fs/promises';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import type { ClientInfo } from '../hub/client.ts';
import { replaceFile } from './atomic-file.ts';
import { readClients, writeClients } from './clients-text.ts';

/** People look at this file only now and then, so it is written at most once in this time, and at the end. */
const INTERVAL_MS = 60_000;
/** A failing disk is logged at most once in this time. */
const QUIET_MS = 60_000;

/**
 * The known clients as `cross_comm_clients.yaml`, the file that a pywayne server keeps as well. The database is the truth; this file is
 * read only if the database has no clients. A change is written at once if the last write is a minute ago, otherwise when that minute is
 * over, and not at all if the text would stay the same.
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
  /** A write that has not ended yet, as on a disk that hangs: no other write starts behind it. */
  #busy = false;
  /** Cancels the wait for the next write; undefined while there is none. */
  #endWait: (() => void) | undefined;
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(path: string, { clock, log }: { clock: Clock; log: Log }, snapshot: () => ClientInfo[]) {
    this.#path = path;
    this.#clock = clock;
    this.#log = log;
    this.#snapshot = snapshot;
  }

  /** Reads the clients of an earlier run. If the file cannot be read, it is moved aside and the list starts empty. */
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

  /** Notes that the list has changed. */
  changed(): void {
    if (this.#closed) return;
    this.#dirty = true;
    if (!this.#endWait && !this.#busy) this.#start();
  }

  /** Writes pending changes without waiting for the minute to pass. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#dirty && !this.#busy) this.#write();
    await this.#writing;
  }

  /** Writes pending changes for the last time. */
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

  /** Writes what changed meanwhile, once the minute and the previous write are over. */
  #goOn(): void {
    if (this.#dirty && !this.#closed && !this.#busy && !this.#endWait) this.#start();
  }

  /** Starts a write; returns false if nothing has changed. Must not be called during another write. */
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
