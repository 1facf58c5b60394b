import { randomBytes } from 'node:crypto';
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { DigestThread } from '../content/digest-thread.ts';
import type { Digests } from '../content/digests.ts';
import { isMissing, toObjectError } from '../content/faults.ts';
import { IntakeFile } from '../content/intake-file.ts';
import { checkKey, ObjectError } from '../contract.ts';
import { KeyLock } from '../key-lock.ts';
import type { UploadCounting } from './counting.ts';
import { folderOf, objectKey } from './object-key.ts';
import { cleanName } from './object-name.ts';
import type { UploadRecord, UploadRequest } from './record.ts';
import { isSame, learned } from './same-upload.ts';
import { Slots } from './slots.ts';
import type { Spool } from './spool.ts';
import { type Accepted, Upload, type UploadParts } from './upload.ts';
import { UploadError } from './upload-error.ts';
import { UploadIndex } from './upload-index.ts';

export interface UploadsOptions {
  spool: Spool;
  /** What an earlier run left, the earliest first. */
  records: readonly UploadRecord[];
  thread: DigestThread;
  clock: Clock;
  log: Log;
  counting: UploadCounting;
  /** The largest object, bytes. */
  maxObjectBytes: number;
  /** How many uploads may be on their way in at once, those that wait for their sender to come back included. */
  maxReceiving: number;
  /** How long an upload waits for its sender to go on. */
  idleMs: number;
  /** Throws ObjectError `full` where the store has no room for so many bytes more. */
  checkRoom(bytes: number): void;
  /** The place of one more object among all. */
  nextPlace(): number;
  /** There is something to bring to the store, or less that a folder waits for. */
  onReady(): void;
}

export interface BeginOptions {
  /**
   * Where the token is not known: go on with an upload of the same sender that nobody owns and that says the same of
   * itself, its size included. For senders that forget their tokens in a reset.
   */
  orLeft?: boolean;
  /** The sender asks how far it is after a break: up to a megabyte of what came may be in memory alone. */
  gathers?: boolean;
}

/** What `begin` finds: an upload to go on with, or that it is complete already. */
export type Begun = { upload: Upload } | { accepted: Accepted };

const IDLE_CHECK_MS = 30_000;
const QUIET_MS = 10_000;
/** So many answers are kept for senders that did not hear them, and for so long. */
const MAX_DONE = 1000;
const DONE_MS = 86_400_000;

/** Every upload of the gateway: what is coming, what waits for the store, and what is over. */
export class Uploads extends UploadIndex {
  readonly #options: UploadsOptions;
  /** Those that have an owner now. */
  readonly #open = new Map<string, Upload>();
  readonly #lock = new KeyLock();
  readonly #stopChecks: () => void;
  /** Those that are about to have one. */
  readonly #resuming = new Set<string>();
  readonly #slots: Slots;
  /** How many gave way since that was last logged, and when it may be again: a flood of uploads is none of lines. */
  #gaveWay = 0;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: UploadsOptions) {
    const slots = new Slots(options.maxReceiving);
    super(slots);
    this.#options = options;
    this.#slots = slots;
    const nowMs = options.clock.monotonicMs();
    for (const record of options.records) {
      // Nobody wrote down when the last of its content came, and its sender could not come back before now.
      const sinceMs = record.state === 'receiving' ? nowMs : Math.min(record.sinceMs ?? nowMs, nowMs);
      const place = record.state === 'accepted' ? (record.place ?? options.nextPlace()) : record.place;
      this.enter({ ...record, sinceMs, ...(place === undefined ? {} : { place }) });
    }
    this.#stopChecks = options.clock.every(IDLE_CHECK_MS, () => void this.expire());
  }

  /** How many bytes of an upload are on disk. */
  receivedBytes({ id }: UploadRecord): number {
    return this.#open.get(id)?.offset ?? this.#options.spool.bytesOf(id);
  }

  /** True while the sender of an upload that is not complete is there. */
  isOwned({ id }: UploadRecord): boolean {
    return this.#open.has(id);
  }

  /** What the sender of a complete upload was told. */
  answerOf(record: UploadRecord): Accepted | undefined {
    const { key, digests } = record;
    return digests && { key, size: digests.size, sha256: digests.sha256, crc32: digests.crc32 };
  }

  /**
   * Begins an upload, or goes on with the one of the same sender and token, if it says the same of itself. One that says
   * something else takes its place, unless parts of that were acknowledged. Where there are too many, of all or of one
   * client or address, the unfinished one that its sender has left for longest gives way.
   *
   * @throws ObjectError `bad_key`, `too_large`, `wrong_size` for a folder with content, `full`, `unavailable`; UploadError
   * `other`, `too_many`, `stopping`
   */
  async begin(given: UploadRequest, options: BeginOptions = {}): Promise<Begun> {
    const request = { ...given, name: cleanName(given.name) };
    if (given.kind === 'folder') {
      if ((given.size ?? 0) > 0) throw new ObjectError('wrong_size', 'A folder has no content but its files.');
      request.size = 0;
    }
    const { from, token } = request;
    if (token === undefined) return { upload: await this.#create(request, options) };
    return await this.#lock.run(from, async () => {
      const before = this.find(from, token);
      if (before) this.#checkKept(before, request);
      await this.#open.get(before?.id ?? '')?.replace();
      const known = this.find(from, token);
      if (known && isSame(known, request)) {
        const accepted = this.answerOf(known);
        return accepted ? { accepted } : { upload: await this.#resume(known, learned(known, request), options) };
      }
      if (known?.state === 'receiving') await this.#remove(known);
      const left = options.orLeft && request.size !== undefined ? this.#findLeft(request) : undefined;
      if (left) return { upload: await this.#resume(left, { token }, options) };
      return { upload: await this.#create(request, options) };
    });
  }

  /** Changes the state of an upload, on disk and here. */
  async update(record: UploadRecord, change: Partial<UploadRecord>): Promise<UploadRecord> {
    const after: UploadRecord = { ...record, ...change, ...this.#stamp() };
    const { spool } = this.#options;
    if ((record.state === 'failed') !== (after.state === 'failed')) await spool.move(record, after);
    else await spool.save(after);
    this.enter(after);
    return after;
  }

  /** It is in the store. A disk that has no room for this is no harm: after a restart it is found there. */
  async noteStored(record: UploadRecord): Promise<UploadRecord> {
    const after: UploadRecord = { ...record, state: 'stored', ...this.#stamp() };
    this.enter(after);
    await this.#options.spool.save(after).catch(() => {});
    return after;
  }

  /** Notes why an attempt failed; it is not worth a writing. */
  note(record: UploadRecord, reason: string): void {
    const known = this.get(record.id);
    if (known) known.reason = reason;
  }

  /** All is over with an upload: its answer is kept for a while if the sender gave it a token. */
  async finish(record: UploadRecord): Promise<void> {
    const { spool } = this.#options;
    if (record.token === undefined) {
      await this.#remove(record);
      return;
    }
    await this.update(record, { state: 'done', reason: undefined });
    await spool.forgetContent(record);
    const done = this.inState('done');
    for (const old of done.slice(0, Math.max(0, done.length - MAX_DONE))) await this.#remove(old);
  }

  /** Gives an upload up, and all of it. */
  async drop(record: UploadRecord): Promise<void> {
    await this.#open.get(record.id)?.replace();
    await this.#remove(record);
  }

  /** Gives up what nobody went on with, and forgets old answers. */
  async expire(): Promise<void> {
    const { clock, idleMs, log } = this.#options;
    for (const record of this.inState('receiving', 'done')) {
      if (this.#open.has(record.id)) continue;
      const passedMs = clock.monotonicMs() - (record.sinceMs ?? 0);
      if (passedMs <= (record.state === 'done' ? DONE_MS : idleMs)) continue;
      await this.#lock
        .run(record.from, async () => {
          if (!this.#open.has(record.id)) await this.#remove(record);
        })
        .catch((error: unknown) =>
          log.error({ code: 'OBJECTS_UNAVAILABLE', error }, 'an old upload could not be removed'),
        );
    }
  }

  /** Suspends what is coming. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopChecks();
    await Promise.all([...this.#open.values()].map((upload) => upload.suspend().catch(() => {})));
  }

  /** Throws UploadError `other` where acknowledged parts would be lost to an upload that says something else of itself. */
  #checkKept(known: UploadRecord, request: UploadRequest): void {
    const bytes = this.receivedBytes(known);
    if (known.state !== 'receiving' || !known.inParts || bytes === 0) return;
    if (isSame(known, request) && bytes <= (request.size ?? bytes)) return;
    const size = known.size === undefined ? 'some size' : `${known.size} bytes`;
    throw new UploadError(
      'other',
      `The upload of this name is of ${known.name}, ${size}, of which ${bytes} are here: go on with it, or take another name.`,
    );
  }

  /** Waits until there is a place for one more. Throws UploadError `too_many`. */
  async #makePlace(id: string, request: UploadRequest): Promise<void> {
    const { maxReceiving } = this.#options;
    for (;;) {
      const limit = this.#slots.limitFor(request);
      if (limit === undefined) break;
      const left = this.longestReceiving((each) => this.#isIdle(each) && this.#slots.shares(limit, request, each));
      if (left === undefined) {
        const whose = { client: 'of this client ', address: 'from this address ', all: '' }[limit];
        const message = `The limit of uploads ${whose}is reached (${maxReceiving} in all); try again later.`;
        throw new UploadError('too_many', message);
      }
      await this.#giveWay(left);
    }
    // Before anything else is waited for, so that ten thousand at once are not let in together.
    this.#slots.take(id, request);
  }

  /** Waits until there is room for so many bytes. Throws ObjectError `full`. */
  async #makeRoom(bytes: number): Promise<void> {
    const { spool, checkRoom } = this.#options;
    const check = (freed: number): void => {
      spool.checkBudget(bytes - freed);
      checkRoom(spool.bytes + bytes - freed);
    };
    for (;;) {
      try {
        check(0);
        return;
      } catch (error) {
        const freed = this.inState('receiving').filter((each) => this.#isIdle(each));
        check(freed.reduce((sum, { id }) => sum + spool.bytesOf(id), 0));
        const left = this.longestReceiving((each) => this.#isIdle(each) && spool.bytesOf(each.id) > 0);
        if (left === undefined) throw error;
        await this.#giveWay(left);
      }
    }
  }

  #isIdle({ id }: UploadRecord): boolean {
    return !this.#open.has(id) && !this.#resuming.has(id);
  }

  async #giveWay(record: UploadRecord): Promise<void> {
    const { spool, clock, log } = this.#options;
    const { id, from, name } = record;
    this.#gaveWay++;
    const nowMs = clock.monotonicMs();
    if (nowMs >= this.#quietUntilMs) {
      const context = { id, from, name, bytes: spool.bytesOf(id), times: this.#gaveWay };
      log.warn(context, 'an unfinished upload that nobody went on with made room for another');
      this.#gaveWay = 0;
      this.#quietUntilMs = nowMs + QUIET_MS;
    }
    await this.#remove(record);
  }

  async #create(request: UploadRequest, { gathers = false }: BeginOptions): Promise<Upload> {
    const { spool, clock, thread, maxObjectBytes } = this.#options;
    const { size = 0, token } = request;
    if (this.#isClosed) throw new UploadError('stopping', 'The gateway stops; try again later.');
    if (size > maxObjectBytes) {
      throw new ObjectError('too_large', `An object may have ${maxObjectBytes} bytes, and ${size} were announced.`);
    }
    const nowMs = clock.now();
    const unique = randomBytes(4).toString('hex');
    const key = request.key ?? objectKey(request.from, request.name, nowMs, unique);
    checkKey(key);
    const number = this.nextNumber();
    const id = `${String(number).padStart(12, '0')}-${unique}`;
    await this.#makePlace(id, request);
    const record: UploadRecord = {
      ...request,
      id,
      key,
      state: 'receiving',
      number,
      beganMs: nowMs,
      ...this.#stamp(),
    };
    try {
      await this.#makeRoom(size);
      await spool.checkDisk(size);
      const file = await IntakeFile.create(spool.dataPath(record), {
        thread,
        gathers,
        withMd5: record.md5 !== undefined,
      }).catch(rethrow);
      try {
        if (token !== undefined) await spool.save(record);
      } catch (error) {
        await file.close();
        await spool.remove(record);
        throw error;
      }
      this.enter(record);
      this.#options.counting.begun.value++;
      return this.#own(record, file);
    } catch (error) {
      this.#slots.free(id);
      throw error;
    }
  }

  /** Goes on with an upload of which more is known now. */
  async #resume(left: UploadRecord, change: Partial<UploadRecord>, options: BeginOptions): Promise<Upload> {
    this.#resuming.add(left.id);
    try {
      return await this.#reopen(Object.keys(change).length > 0 ? await this.update(left, change) : left, options);
    } finally {
      this.#resuming.delete(left.id);
    }
  }

  async #reopen(record: UploadRecord, { gathers = false }: BeginOptions): Promise<Upload> {
    const { spool, thread } = this.#options;
    const options = { thread, gathers, withMd5: record.md5 !== undefined };
    const file = await IntakeFile.resume(spool.dataPath(record), options).catch((error: unknown) => {
      if (isMissing(error)) return IntakeFile.create(spool.dataPath(record), options);
      throw toObjectError(error);
    });
    spool.setBytes(record.id, file.size);
    return this.#own(record, file);
  }

  /** An upload that its sender has let go of and that says the same of itself. */
  #findLeft(request: UploadRequest): UploadRecord | undefined {
    return this.inState('receiving').find(
      (record) => record.from === request.from && this.#isIdle(record) && isSame(record, request),
    );
  }

  #own(record: UploadRecord, file: IntakeFile): Upload {
    const parts: UploadParts = {
      spool: this.#options.spool,
      maxBytes: this.#options.maxObjectBytes,
      received: this.#options.counting.bytes,
      makeRoom: (bytes) => this.#makeRoom(bytes),
      accept: (upload, digests) => this.#accept(upload, digests),
      release: (upload, fate) => this.#release(upload, fate),
    };
    const upload = new Upload(record, file, parts);
    this.#open.set(record.id, upload);
    return upload;
  }

  async #accept(upload: Upload, digests: Digests): Promise<Accepted> {
    const { record } = upload;
    const after = await this.update(record, {
      state: 'accepted',
      digests,
      size: digests.size,
      place: this.#options.nextPlace(),
    });
    this.#open.delete(record.id);
    this.#options.onReady();
    return this.answerOf(after) as Accepted;
  }

  async #release({ record }: Upload, fate: 'kept' | 'discarded'): Promise<void> {
    this.#open.delete(record.id);
    if (fate === 'discarded' || record.token === undefined) await this.#remove(record);
    else Object.assign(record, this.#stamp());
  }

  #stamp(): Pick<UploadRecord, 'changedMs' | 'sinceMs'> {
    const { clock } = this.#options;
    return { changedMs: clock.now(), sinceMs: clock.monotonicMs() };
  }

  async #remove(record: UploadRecord): Promise<void> {
    this.leave(record);
    await this.#options.spool.remove(record);
    if (!this.#isClosed && folderOf(record.key) !== undefined) this.#options.onReady();
  }
}

function rethrow(error: unknown): never {
  throw toObjectError(error);
}
