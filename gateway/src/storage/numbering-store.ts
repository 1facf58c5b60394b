import type { Clock } from '../common/clock.ts';
import type { Database } from '../common/level.ts';
import type { Log } from '../common/log.ts';
import { sealedText } from '../common/sealed.ts';
import type { Numbering, NumberingStore } from '../protocols/frames/delivery/numberings.ts';

export interface NumberingStoreOptions {
  clock: Clock;
  log: Log;
  /** Resolves when everything that the gateway has to write so far has been written, or has failed. */
  written(): Promise<unknown>;
}

/** Earlier versions wrote milliseconds since 1970, which are all larger than this; no gateway runs for 31 years. */
const FIRST_WALL_MS = 1e12;
/** A failing disk is logged at most once in this time. */
const QUIET_MS = 60_000;

/**
 * Keeps the frame numbering of devices in a sublevel, whose keys begin with `!frames!`: the device's id, and as JSON `[boot id, last
 * number, when by Clock.monotonicMs]`. A record has about 50 bytes, and all records that are saved together are one write. The system puts
 * it on disk in its own time: it survives a kill, and a power cut except for the last seconds.
 */
export class LevelNumberingStore implements NumberingStore {
  readonly #level;
  readonly #options: NumberingStoreOptions;
  #forgotten: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(db: Database, options: NumberingStoreOptions) {
    this.#level = db.sublevel<string, string>('frames', { valueEncoding: sealedText });
    this.#options = options;
  }

  save(numberings: readonly (readonly [id: string, numbering: Numbering])[], done: () => void): void {
    this.#writing = this.#write(numberings).then(done);
  }

  forget(id: string): void {
    this.#forgotten.push(id);
  }

  /** Reads everything back, the device that was heard of first at the front. Records that cannot be read are left out. */
  async load(): Promise<[id: string, numbering: Numbering][]> {
    const found: { id: string; numbering: Numbering; savedMs: number }[] = [];
    let unreadable = 0;
    try {
      for await (const [id, text] of this.#level.iterator()) {
        const record = readRecord(text);
        if (record) found.push({ id, ...record });
        else unreadable++;
      }
    } catch (error) {
      this.#options.log.error(
        { code: 'DATA_DAMAGED', error: String(error) },
        'the database could not be read to its end',
      );
    }
    if (unreadable > 0) {
      this.#options.log.warn({ unreadable }, 'the frame numbers of some devices could not be read and are left out');
    }
    found.sort((a, b) => a.savedMs - b.savedMs);
    return found.map(({ id, numbering }) => [id, numbering]);
  }

  /** Resolves when what was handed over has been written, including what is handed over meanwhile. The database stays open. */
  async close(): Promise<void> {
    let seen: Promise<void> | undefined;
    while (seen !== this.#writing) {
      seen = this.#writing;
      await seen;
    }
  }

  /** Never rejects. */
  async #write(numberings: readonly (readonly [id: string, numbering: Numbering])[]): Promise<void> {
    const savedMs = Math.round(this.#options.clock.monotonicMs());
    const forgotten = this.#forgotten;
    this.#forgotten = [];
    try {
      await this.#options.written();
      await this.#level.batch([
        ...forgotten.map((key) => ({ type: 'del' as const, key })),
        ...numberings.map(([key, { bootId, last, account }]) => ({
          type: 'put' as const,
          key,
          value: JSON.stringify([bootId, last, savedMs, ...(account === undefined ? [] : [account])]),
        })),
      ]);
    } catch (error) {
      this.#forgotten.push(...forgotten);
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    const now = this.#options.clock.monotonicMs();
    if (now - this.#loggedMs < QUIET_MS) return;
    this.#loggedMs = now;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.log.error(
      { code: 'DATA_DIR_UNUSABLE', reason },
      'the frame numbers of devices cannot be written to disk; after a restart a frame may be taken twice: look at the disk',
    );
  }
}

function readRecord(text: string): { numbering: Numbering; savedMs: number } | undefined {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(record) || record.length < 3 || !record.slice(0, 3).every(Number.isSafeInteger)) return undefined;
  const [bootId, last, atMs, account] = record as [number, number, number, unknown];
  const whose = typeof account === 'string' ? { account } : {};
  return {
    numbering: { bootId, last, ...whose },
    savedMs: atMs < FIRST_WALL_MS ? atMs : atMs - Number.MAX_SAFE_INTEGER,
  };
}
