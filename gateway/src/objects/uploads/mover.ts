import { Backoff } from '../../common/backoff.ts';
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { Digests } from '../content/digests.ts';
import { toObjectError } from '../content/faults.ts';
import type { ObjectErrorCode, ObjectInfo, ObjectStore, WriteOptions } from '../contract.ts';
import { errorCodeOf } from '../error-codes.ts';
import { appendUpload } from './append-upload.ts';
import type { UploadCounting } from './counting.ts';
import type { UploadRecord } from './record.ts';
import type { Spool } from './spool.ts';
import type { Uploads } from './uploads.ts';

/** A store that takes over complete files. */
export interface Destination extends Omit<ObjectStore, 'write'> {
  /** Missing if writes go through the spool as well. */
  write?: ObjectStore['write'];
  /**
   * Takes over the file at `path`, which need not exist afterwards. Repeating it, as after a crash, does no harm. `id` is unique among
   * uploads.
   */
  adopt(key: string, file: { path: string; id: string; digests: Digests }, options: WriteOptions): Promise<ObjectInfo>;
}

export interface MoverOptions {
  uploads: Uploads;
  spool: Spool;
  store: Destination;
  clock: Clock;
  log: Log;
  counting: UploadCounting;
  /** The largest object, bytes. */
  maxObjectBytes: number;
  /** A number from 0 up to but not including 1. */
  random(): number;
  /** The object is there. */
  onStored(record: UploadRecord): Promise<void>;
}

/** Smaller uploads do not wait behind larger ones. */
const SMALL_BYTES = 1024 * 1024;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;

/** Errors of the store, not of the object: everything waits until the store can be used again. */
const STORE_FAULTS: ReadonlySet<ObjectErrorCode> = new Set(['unavailable', 'refused', 'full']);

/**
 * Brings complete uploads to the store, the oldest first, on two lanes: one takes whatever is next, the other only small ones. While the
 * store cannot be reached, everything waits; an upload that the store will never take is set aside as failed.
 * A folder is not an object: its turn comes when no upload below its key is on its way any more, and it fails if one of its files fails.
 */
export class Mover {
  readonly #options: MoverOptions;
  readonly #backoff: Backoff;
  readonly #busy = new Set<string>();
  readonly #lanes = new Map<'any' | 'small', Promise<void>>();
  #cancelPause: (() => void) | undefined;
  #fault: string | undefined;
  #isClosed = false;

  constructor(options: MoverOptions) {
    this.#options = options;
    this.#backoff = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, options.random);
  }

  /** Why the store cannot be used now; undefined if it can. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Notes that there may be something to do. */
  wake(): void {
    if (this.#cancelPause) return;
    this.#run('any', () => true);
    this.#run('small', ({ digests }) => (digests?.size ?? 0) <= SMALL_BYTES);
  }

  /** Tries at once, whatever failed before. */
  retry(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.wake();
  }

  /** Ends after the current work. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelPause?.();
    await Promise.all(this.#lanes.values());
  }

  #run(lane: 'any' | 'small', isMeant: (record: UploadRecord) => boolean): void {
    if (this.#isClosed || this.#lanes.has(lane)) return;
    const work = async (): Promise<void> => {
      for (;;) {
        const record = this.#isClosed || this.#cancelPause ? undefined : this.#next(isMeant);
        if (!record) return;
        this.#busy.add(record.id);
        await this.#move(record).finally(() => this.#busy.delete(record.id));
      }
    };
    this.#lanes.set(
      lane,
      work().finally(() => this.#lanes.delete(lane)),
    );
  }

  #next(isMeant: (record: UploadRecord) => boolean): UploadRecord | undefined {
    // Of two uploads with the same key the later one counts, so it goes last.
    const keys = new Set<string>();
    return this.#options.uploads.inState('accepted').find((record) => {
      const isFirst = !keys.has(record.key);
      keys.add(record.key);
      return isFirst && !this.#busy.has(record.id) && isMeant(record) && !this.#mustWait(record);
    });
  }

  #mustWait({ kind, key }: UploadRecord): boolean {
    return kind === 'folder' && this.#options.uploads.pendingIn(key) > 0;
  }

  async #move(record: UploadRecord): Promise<void> {
    const { uploads, spool, counting, onStored } = this.#options;
    try {
      const failed = record.kind === 'folder' ? uploads.failedIn(record.key) : undefined;
      if (failed) {
        await this.#putAside(record, `Its file ${failed.key.slice(record.key.length)} has failed: ${failed.reason}`);
        return;
      }
      if (record.isAppend) await appendUpload(record, this.#options);
      else if (record.kind !== 'folder') await this.#adopt(record);
      await spool.forgetContent(record);
      this.#recover();
      counting.stored.value++;
      await onStored(record);
    } catch (error) {
      const { code, message } = toObjectError(error);
      if (STORE_FAULTS.has(code)) {
        uploads.note(record, message);
        this.#pause(message);
        return;
      }
      await this.#putAside(record, message, code).catch((fault: unknown) => this.#pause(toObjectError(fault).message));
    }
  }

  async #adopt(record: UploadRecord): Promise<void> {
    const { spool, store } = this.#options;
    const { id, key, kind, name, from, to, contentType, headers, etag, digests, place } = record;
    const options: WriteOptions = { metadata: record.metadata ?? { name, kind, from }, headers, to, place };
    if (contentType !== undefined) options.contentType = contentType;
    if (etag !== undefined) options.etag = etag;
    await store.adopt(key, { path: spool.dataPath(record), id, digests: digests as Digests }, options);
  }

  async #putAside(record: UploadRecord, reason: string, code?: ObjectErrorCode): Promise<void> {
    const { id, key } = record;
    const context = { code: code ? errorCodeOf(code) : ('OBJECTS_UNAVAILABLE' as const), id, key, reason };
    this.#options.log.error(context, 'an upload can never get into the store and was put aside');
    await this.#options.uploads.update(record, { state: 'failed', reason });
    this.#options.counting.failed.value++;
  }

  #recover(): void {
    if (this.#fault === undefined) return;
    this.#options.log.info({}, 'the object store can be used again');
    this.#fault = undefined;
    this.#backoff.reset();
  }

  #pause(reason: string): void {
    if (this.#cancelPause || this.#isClosed) return;
    const { clock, log } = this.#options;
    const pauseMs = Math.round(this.#backoff.next());
    if (this.#fault !== reason) log.warn({ reason, pauseMs }, 'the object store cannot be used now; uploads wait');
    this.#fault = reason;
    this.#cancelPause = clock.after(pauseMs, () => {
      this.#cancelPause = undefined;
      this.wake();
    });
  }
}
