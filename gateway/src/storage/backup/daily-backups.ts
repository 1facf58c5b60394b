import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../common/clock.ts';
import { GatewayError } from '../../common/errors.ts';
import type { Incident } from '../../observability/incident.ts';
import { type Room, tooLittleRoom } from './backup-room.ts';
import type { BackupStream } from './backup-thread.ts';
import { isDue } from './due.ts';
import type { KeptBackup, KeptBackups } from './kept-backups.ts';
import { saveBackup } from './save-backup.ts';

export interface DailyBackupsOptions {
  /** How many are kept; 0: none are made. */
  keep: number;
  /** The time of day, `03:00`. */
  at: string;
  kept: KeptBackups;
  clock: Clock;
  begin(): Promise<BackupStream>;
  /** How much may be written to the disk. */
  room(): Promise<Room>;
  report(incident: Incident): void;
  /** Told where one was written. */
  done(path: string): void;
  /** Done once, before the first look. */
  tidy(): Promise<void>;
}

/** A gateway that has just started has other things to do. */
const FIRST_LOOK_MS = 600_000;
const LOOK_MS = 60_000;
/** After a failure, when it is tried again. */
const AGAIN_MS = 3_600_000;

/** Makes a backup each day into the data directory, and removes the oldest. */
export class DailyBackups {
  readonly #options: DailyBackupsOptions;
  readonly #stops: (() => void)[] = [];
  #fault: string | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #working: Promise<void> | undefined;
  #stream: BackupStream | undefined;
  #isClosed = false;

  constructor(options: DailyBackupsOptions) {
    this.#options = options;
    const { clock } = options;
    const first = clock.after(FIRST_LOOK_MS, () => {
      this.#work(async () => {
        await options.tidy();
        if (options.keep === 0) return;
        this.#stops.push(clock.every(LOOK_MS, () => this.#look()));
        await this.#backUpIfDue();
      });
    });
    this.#stops.push(first);
  }

  /** Why the last one could not be made; undefined while all is well. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Ends what it is doing; what is half done is removed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#stream?.close();
    await this.#working;
    for (const stop of this.#stops) stop();
  }

  /** Resolves when it does nothing any more, until the next look. */
  async settled(): Promise<void> {
    await this.#working;
  }

  #look(): void {
    if (this.#working !== undefined || this.#options.clock.monotonicMs() < this.#notBeforeMs) return;
    this.#work(() => this.#backUpIfDue());
  }

  #work(work: () => Promise<void>): void {
    this.#working = work()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#working = undefined;
        this.#stream = undefined;
      });
  }

  async #backUpIfDue(): Promise<void> {
    if (this.#isClosed) return;
    const { kept, clock, at, keep } = this.#options;
    const daily = (await kept.list()).filter(({ number }) => number > 0);
    if (!isDue(daily[0]?.header, at, clock)) return;
    const date = clock.isTrusted() ? localDate(clock.now()) : undefined;
    const path = await kept.next(date);
    const stream = await this.#options.begin();
    this.#stream = stream;
    try {
      await this.#makeRoom(stream.bytes, daily);
      await saveBackup(path, stream.pieces, { check: () => this.#checkRoom(0) });
    } finally {
      stream.close();
    }
    await kept.prune(keep);
    this.#fault = undefined;
    this.#options.done(path);
  }

  /** Where there are as many as there should be, the oldest goes before the next one comes. */
  async #makeRoom(bytes: number, daily: readonly KeptBackup[]): Promise<void> {
    const { kept, keep } = this.#options;
    const oldest = daily.at(-1);
    const isEnough = daily.length > 1 && daily.length >= keep && oldest !== undefined;
    const missing = await this.#missingBytes(bytes);
    if (missing > 0 && isEnough && missing <= oldest.bytes) await unlink(join(kept.folder, oldest.name));
    await this.#checkRoom(bytes);
  }

  async #checkRoom(bytes: number): Promise<void> {
    const reason = tooLittleRoom(bytes, await this.#options.room());
    if (reason) throw new GatewayError('BACKUP_FAILED', `${reason}, or have fewer kept with backup.keep`);
  }

  async #missingBytes(bytes: number): Promise<number> {
    return bytes - (await this.#options.room()).bytes;
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    const { clock, report } = this.#options;
    this.#notBeforeMs = clock.monotonicMs() + AGAIN_MS;
    this.#fault = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
    report({
      ...{ door: 'store', who: 'the backup of the day', code: 'BACKUP_FAILED' },
      message: `The backup of the day could not be made: ${this.#fault}. It is tried again in an hour.`,
    });
  }
}

/** A day of this machine's time zone. */
function localDate(ms: number): string {
  const date = new Date(ms);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
