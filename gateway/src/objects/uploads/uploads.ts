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
import { Room } from './room.ts';
import { isSame, learned } from './same-upload.ts';
import { Slots } from './slots.ts';
import type { Spool } from './spool.ts';
import { type Accepted, Upload, type UploadParts } from './upload.ts';
import { UploadError } from './upload-error.ts';
import { UploadIndex } from './upload-index.ts';

export interface UploadsOptions {
  spool: Spool;
  /** The records of an earlier run, the earliest first. */
  records: readonly UploadRecord[];
  thread: DigestThread;
  clock: Clock;
  log: Log;
  counting: UploadCounting;
  /** The largest object, bytes. */
  maxObjectBytes: number;
  /** How many incoming uploads there may be at once, including those that wait for their sender. */
  maxReceiving: number;
  /** How long an interrupted upload waits for its sender. */
  idleMs: number;
  /** Throws ObjectError `full` if the store has no room for this many more bytes. */
  checkRoom(bytes: number): void;
  /** The position of a new object in the order of all objects. */
  nextPlace(): number;
  /** There is something to bring to the store, or a folder waits for less. */
  onReady(): void;
}

export interface BeginOptions {
  /**
   * If the token is unknown: continue an upload of the same sender that nobody owns and that has the same description, including its size.
   * For senders that lose their tokens in a reset.
   */
  orLeft?: boolean;
  /** The sender asks for the position after an interruption; up to a megabyte of what arrived may be only in memory. */
  gathers?: boolean;
}

/** The result of `begin`: an upload to continue, or the answer for one that is complete already. */
export type Begun = { upload: Upload } | { accepted: Accepted };

const IDLE_CHECK_MS = 30_000;
/** How many answers are kept, and how long, for senders that missed them. */
const MAX_DONE = 1000;
const DONE_MS = 86_400_000;

/** All uploads of the gateway: incoming ones, those that wait for the store, and finished ones. */
export class Uploads extends UploadIndex {
  readonly #options: UploadsOptions;
  /** Uploads that have an owner now. */
  readonly #open = new Map<string, Upload>();
  readonly #lock = new KeyLock();
  readonly #stopChecks: () => void;
  /** Uploads that are about to get one. */
  readonly #resuming = new Set<string>();
  readonly #slots: Slots;
  readonly #room: Room;
  #isClosed = false;

  constructor(options: UploadsOptions) {
    const slots = new Slots(options.maxReceiving);
    super(slots);
    this.#options = options;
    this.#slots = slots;
    this.#room = new Room({
      ...options,
      slots,
      idle: () => this.inState('receiving').filter((each) => this.#isIdle(each)),
      remove: (record) => this.#remove(record),
    });
    const nowMs = options.clock.monotonicMs();
    for (const record of options.records) {
      // It is not recorded when its last content came, and the sender could not continue before now.
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

  /** True while the sender of an incomplete upload is connected. */
  isOwned({ id }: UploadRecord): boolean {
    return this.#open.has(id);
  }

  /** The answer to the sender of a complete upload. */
  answerOf(record: UploadRecord): Accepted | undefined {
    const { key, digests } = record;
    return digests && { key, size: digests.size, sha256: digests.sha256, crc32: digests.crc32 };
  }

  /**
   * Starts an upload, or continues the one with the same sender and token if its description is the same. An upload with another
   * description replaces it, unless parts of it were acknowledged. If there are too many uploads in all, or of one client or address, the
   * unfinished one that has been idle for longest is dropped.
   * @throws ObjectError `bad_key`, `too_large`, `wrong_size` for a folder with content, `full`, `unavailable`; UploadError `other`,
   * `too_many`, `stopping`
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
      const before = this.find(request, token);
      if (before) this.#checkKept(before, request);
      await this.#open.get(before?.id ?? '')?.replace();
      const known = this.find(request, token);
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

  /** Changes the state of an upload, on disk and in memory. */
  async update(record: UploadRecord, change: Partial<UploadRecord>): Promise<UploadRecord> {
    const after: UploadRecord = { ...record, ...change, ...this.#stamp() };
    const { spool } = this.#options;
    if ((record.state === 'failed') !== (after.state === 'failed')) await spool.move(record, after);
    else await spool.save(after);
    this.enter(after);
    return after;
  }

  /** It is in the store. If the disk has no room to record this, no harm is done: after a restart the object is found there. */
  async noteStored(record: UploadRecord): Promise<UploadRecord> {
    const after: UploadRecord = { ...record, state: 'stored', ...this.#stamp() };
    this.enter(after);
    await this.#options.spool.save(after).catch(() => {});
    return after;
  }

  /** Records why an attempt failed; this is not worth a write of its own. */
  note(record: UploadRecord, reason: string): void {
    const known = this.get(record.id);
    if (known) known.reason = reason;
  }

  /** An upload is finished: if the sender gave a token, its answer is kept for a while. */
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

  /** Drops an upload and everything of it. */
  async drop(record: UploadRecord): Promise<void> {
    await this.#open.get(record.id)?.replace();
    await this.#remove(record);
  }

  /** Drops uploads that nobody continued, and forgets old answers. */
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

  /** Suspends incoming uploads. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopChecks();
    await Promise.all([...this.#open.values()].map((upload) => upload.suspend().catch(() => {})));
  }

  /** Throws UploadError `other` if acknowledged parts would be lost to an upload with another description. */
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

  #isIdle({ id }: UploadRecord): boolean {
    return !this.#open.has(id) && !this.#resuming.has(id);
  }

  async #create(request: UploadRequest, { gathers = false }: BeginOptions): Promise<Upload> {
    const { spool, clock, thread, maxObjectBytes } = this.#options;
    const { size = 0, token } = request;
    this.#checkGoesOn();
    if (size > maxObjectBytes) {
      throw new ObjectError('too_large', `An object may have ${maxObjectBytes} bytes, and ${size} were announced.`);
    }
    const nowMs = clock.now();
    const unique = randomBytes(4).toString('hex');
    const key = request.key ?? objectKey(request.from, request.name, nowMs, unique);
    checkKey(key);
    const number = this.nextNumber();
    const id = `${String(number).padStart(12, '0')}-${unique}`;
    await this.#room.takeSlot(id, request);
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
      await this.#room.makeFor(size);
      await spool.checkDisk(size);
      const file = await IntakeFile.create(spool.dataPath(record), {
        thread,
        gathers,
        withMd5: needsMd5(record),
      }).catch(rethrow);
      try {
        if (token !== undefined) await spool.save(record);
        // Nobody else would close the file.
        this.#checkGoesOn();
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

  /** Continues an upload of which more is known now. */
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
    const options = { thread, gathers, withMd5: needsMd5(record) };
    const file = await IntakeFile.resume(spool.dataPath(record), options).catch((error: unknown) => {
      if (isMissing(error)) return IntakeFile.create(spool.dataPath(record), options);
      throw toObjectError(error);
    });
    try {
      this.#checkGoesOn();
    } catch (error) {
      await file.close();
      throw error;
    }
    spool.setBytes(record.id, file.size);
    return this.#own(record, file);
  }

  #checkGoesOn(): void {
    if (this.#isClosed) throw new UploadError('stopping', 'The gateway stops; try again later.');
  }

  /** An unowned upload with the same description. */
  #findLeft(request: UploadRequest): UploadRecord | undefined {
    return this.inState('receiving').find(
      (record) =>
        record.from === request.from &&
        record.account === request.account &&
        this.#isIdle(record) &&
        isSame(record, request),
    );
  }

  #own(record: UploadRecord, file: IntakeFile): Upload {
    const parts: UploadParts = {
      spool: this.#options.spool,
      maxBytes: this.#options.maxObjectBytes,
      received: this.#options.counting.bytes,
      makeRoom: (bytes) => this.#room.makeFor(bytes),
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

function needsMd5({ md5, wantsMd5 = false }: UploadRecord): boolean {
  return wantsMd5 || md5 !== undefined;
}
