import type { Clock } from '../common/clock.ts';
import { type Database, nativeOf } from '../common/level.ts';
import type { Log } from '../common/log.ts';
import { sealedText } from '../common/sealed.ts';
import type { ClientInfo } from '../hub/client.ts';
import { readClientText, writeClientText } from './clients-text.ts';

/** How long changes are gathered before they are written. */
const INTERVAL_MS = 1000;
/** A failing disk is logged at most once in this time. */
const QUIET_MS = 60_000;
const SUBLEVEL = 'clients';
/** What level puts before the keys of the sublevel. */
const PREFIX = `!${SUBLEVEL}!`;

/** A record as it is in the database itself, encoded. */
type Operation = { type: 'put'; key: string; value: Buffer } | { type: 'del'; key: string };

export interface KnownClientsOptions {
  clock: Clock;
  log: Log;
  /** What is known of a client now; undefined if nothing is. */
  find(id: string): ClientInfo | undefined;
  /** All clients that are known now. */
  all(): ClientInfo[];
}

/**
 * The known clients in a sublevel of the database whose keys begin with `!clients!`, one record per client. Only the records that changed
 * are written, a second after the first change.
 */
export class KnownClients {
  readonly #db: Database;
  readonly #level;
  readonly #options: KnownClientsOptions;
  readonly #changed = new Set<string>();
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(db: Database, options: KnownClientsOptions) {
    this.#db = db;
    this.#level = db.sublevel<string, string>(SUBLEVEL, { valueEncoding: sealedText });
    this.#options = options;
  }

  /** Reads the clients of an earlier run in the order of joining; undefined if none was ever written. Damaged records are left out. */
  async load(): Promise<ClientInfo[] | undefined> {
    const { log } = this.#options;
    const clients: ClientInfo[] = [];
    let damaged = 0;
    let isEmpty = true;
    for await (const [id, text] of this.#level.iterator()) {
      isEmpty = false;
      try {
        clients.push(readClientText(id, text));
      } catch {
        damaged++;
      }
    }
    if (damaged > 0)
      log.error({ code: 'DATA_DAMAGED', damaged }, 'what was known of some clients cannot be read; they are forgotten');
    return isEmpty ? undefined : clients.sort((one, other) => one.joinedMs - other.joinedMs);
  }

  /** Notes that a client has changed; without an id, that all of them have. */
  changed(id?: string): void {
    if (id === undefined) for (const client of this.#options.all()) this.#changed.add(client.id);
    else this.#changed.add(id);
    this.#cancel ??= this.#options.clock.after(INTERVAL_MS, () => {
      this.#cancel = undefined;
      void this.flush();
    });
  }

  /** Writes pending changes without waiting. Never rejects. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Writes pending changes for the last time. */
  async close(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    await this.flush();
  }

  async #write(): Promise<void> {
    const ids = [...this.#changed];
    this.#changed.clear();
    if (ids.length === 0) return;
    try {
      await this.#batch(ids.map((id) => this.#operation(id)));
    } catch (error) {
      for (const id of ids) this.changed(id);
      this.#report(error);
    }
  }

  #operation(id: string): Operation {
    const client = this.#options.find(id);
    const key = PREFIX + id;
    return client ? { type: 'put', key, value: sealedText.encode(writeClientText(client)) } : { type: 'del', key };
  }

  /** Thousands may come at once. What level does to each record of a batch takes several times as long as the write, so it is done before. */
  #batch(operations: Operation[]): Promise<void> {
    const db = this.#db;
    const encodings = { valueEncoding: 'buffer' };
    // One that is closed takes no such batch, and level looks after that elsewhere.
    if (db.status === 'open') return nativeOf(db)._batch(operations, encodings);
    return db.batch<string, Buffer>(operations, encodings);
  }

  #report(error: unknown): void {
    const { clock, log } = this.#options;
    const now = clock.monotonicMs();
    if (now - this.#loggedMs < QUIET_MS) return;
    this.#loggedMs = now;
    log.error(
      { code: 'DATA_DIR_UNUSABLE', reason: String(error) },
      'the known clients cannot be written: look at the disk',
    );
  }
}
