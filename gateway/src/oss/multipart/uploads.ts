import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { DigestThread } from '../../objects/content/digest-thread.ts';
import { type Digests, piecesOf } from '../../objects/content/digests.ts';
import { type Announced, checkAnnounced } from '../../objects/content/expectations.ts';
import { isMissing, toObjectError } from '../../objects/content/faults.ts';
import { IntakeFile } from '../../objects/content/intake-file.ts';
import { checkKey, ObjectError, type ObjectInfo } from '../../objects/contract.ts';
import { OssError } from '../oss-error.ts';
import { MultipartFolder, type Part, type UploadDescription } from './folder.ts';

export interface MultipartOptions {
  /** Where the parts are; made where it is missing. */
  folder: string;
  clock: Clock;
  log: Log;
  thread: DigestThread;
  /** All parts of all uploads together, bytes. */
  maxBytes: number;
  maxUploads: number;
  /** Of these one access key, and one address, may have so many. */
  maxUploadsOfOne: number;
  /** Parts of all uploads, few enough to be remembered. */
  maxParts: number;
  /** Of these one access key, and one address, may have so many. */
  maxPartsOfOne: number;
  /** An upload that was idle for this long is removed. */
  maxAgeMs: number;
}

/** An upload in parts that is not complete. */
export interface Upload extends Readonly<UploadDescription> {
  readonly id: string;
  /** By number. */
  readonly parts: ReadonlyMap<number, Part>;
}

interface OpenUpload extends Upload {
  readonly parts: Map<number, Part>;
  /** How many parts are coming. */
  coming: number;
  /** When anything last happened to it, by the monotonic clock. */
  activeMs: number;
  /** Set while it is being completed or removed, which only one request may do. */
  isClosing: boolean;
  completing?: Promise<ObjectInfo> | undefined;
}

/** By whom an upload was begun. */
type Owned = Pick<UploadDescription, 'accessKey' | 'address'>;

/** As OSS has it. */
export const MAX_PART_NUMBER = 10_000;
/** An upload that was idle for this long is dropped if others need its room. */
const IDLE_MS = 600_000;
const AGE_CHECK_MS = 3_600_000;

/** Multipart uploads in progress. The parts are on disk; memory holds only their names. */
export class MultipartUploads {
  readonly #options: MultipartOptions;
  readonly #folder: MultipartFolder;
  readonly #uploads = new Map<string, OpenUpload>();
  readonly #stopAging: () => void;
  /** Of those that are being begun, by whom. */
  readonly #beginning = new Set<Owned>();
  #bytes = 0;
  #parts = 0;

  private constructor(options: MultipartOptions) {
    this.#options = options;
    this.#folder = new MultipartFolder(options.folder);
    this.#stopAging = options.clock.every(AGE_CHECK_MS, () => void this.removeAged());
  }

  /** Goes on with what earlier runs left. Throws the system's error where the folder cannot be used. */
  static async open(options: MultipartOptions): Promise<MultipartUploads> {
    const uploads = new MultipartUploads(options);
    for (const { parts, ...found } of await uploads.#folder.load()) {
      const seenMs = parts.reduce((latest, { modifiedMs }) => Math.max(latest, modifiedMs), found.initiatedMs);
      const activeMs = lastActive(options.clock, seenMs, found.beganMs);
      const byNumber = new Map(parts.map((part) => [part.number, part]));
      uploads.#uploads.set(found.id, {
        ...found,
        parts: byNumber,
        coming: 0,
        activeMs,
        isClosing: false,
      });
      for (const part of parts) uploads.#count(undefined, part);
    }
    return uploads;
  }

  close(): void {
    this.#stopAging();
  }

  /** Every upload, ordered by key and then by id. */
  list(): Upload[] {
    return [...this.#uploads.values()]
      .filter((upload) => !upload.isClosing)
      .sort(
        (one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)) || (one.id < other.id ? -1 : 1),
      );
  }

  /** An upload by its id, also one that is being completed; undefined where there is none. */
  find(id: string): Upload | undefined {
    return this.#uploads.get(id);
  }

  /** Throws OssError NoSuchUpload where there is none by this id and key. */
  get(id: string, key: string): Upload {
    return this.#get(id, key);
  }

  /**
   * Begins an upload. Where there are too many, of all or of one client, the one that has rested longest gives way.
   * Throws ObjectError `bad_key` or `full`.
   */
  async begin(description: UploadDescription): Promise<Upload> {
    checkKey(description.key);
    // Counted before anything is awaited, so that uploads that begin at the same time count each other.
    this.#beginning.add(description);
    try {
      await this.#makeRoom(description);
      const activeMs = this.#options.clock.monotonicMs();
      const id = await this.#folder.begin({ ...description, beganMs: activeMs }).catch(rethrow);
      const upload: OpenUpload = { ...description, id, parts: new Map(), coming: 0, activeMs, isClosing: false };
      this.#uploads.set(id, upload);
      return upload;
    } finally {
      this.#beginning.delete(description);
    }
  }

  /** Makes room for an upload that is being begun, or throws ObjectError `full`. */
  async #makeRoom({ accessKey, address }: UploadDescription): Promise<void> {
    const { maxUploads, maxUploadsOfOne } = this.#options;
    for (const owner of [accessKey, address]) {
      if (owner === undefined) continue;
      const own = [...this.#uploads.values()].filter((each) => isOf(owner, each));
      const count = own.length + [...this.#beginning].filter((each) => isOf(owner, each)).length;
      if (count > maxUploadsOfOne && !(await this.#giveWay(own))) {
        throw new ObjectError(
          'full',
          `${owner} has ${maxUploadsOfOne} uploads in parts already, as many as one may have: abort or complete some.`,
        );
      }
    }
    if (this.#uploads.size + this.#beginning.size > maxUploads && !(await this.#giveWay(this.#uploads.values()))) {
      throw new ObjectError('full', `There are ${maxUploads} uploads in parts already: abort or complete some.`);
    }
  }

  /**
   * Takes a part whole, or nothing of it; it is on disk when the promise resolves, in place of an older one of the same
   * number. Rejects with an OssError, an ObjectError or what the body throws.
   *
   * @param announced the digests and size that the part must have, hex and bytes
   */
  async putPart(
    { id, key }: Pick<Upload, 'id' | 'key'>,
    number: number,
    body: AsyncIterable<Uint8Array>,
    announced: Announced,
  ): Promise<Part & Pick<Digests, 'crc64'>> {
    const upload = this.#get(id, key);
    upload.coming++;
    try {
      return await this.#takePart(upload, number, body, announced);
    } finally {
      upload.coming--;
    }
  }

  async #takePart(
    upload: OpenUpload,
    number: number,
    body: AsyncIterable<Uint8Array>,
    announced: Announced,
  ): Promise<Part & Pick<Digests, 'crc64'>> {
    const { id } = upload;
    while (this.#isFull(announced.size ?? 0) && (await this.#giveWay(this.#uploads.values()))) {
      // Repeated until there is room, or no idle upload is left.
    }
    this.#checkRoom(announced.size ?? 0);
    await this.#checkShare(upload);
    upload.activeMs = this.#options.clock.monotonicMs();
    const path = this.#folder.incoming(id);
    try {
      const digests = await this.#receive(path, body, announced.size);
      checkAnnounced(digests, announced);
      const { size, crc64 } = digests;
      const md5 = digests.md5 as string;
      const part = await this.#folder.keep(id, path, { number, size, md5, modifiedMs: this.#options.clock.now() });
      await this.#swap(upload, part);
      return { ...part, crc64 };
    } catch (error) {
      await unlink(path).catch(() => {});
      // Completed or aborted while the part came, so that its folder is gone.
      throw isMissing(error) ? noSuchUpload(id) : error;
    }
  }

  /**
   * Makes an object of an upload's parts. Whoever asks again while that goes on, as clients do that lost patience, gets the
   * same object.
   *
   * @param check says which parts, in order; what it throws leaves the upload as it is
   * @param make is handed their content, whose MD5s are checked on the way
   * @returns what `make` made; the upload is gone then, and otherwise as it was
   */
  async complete(
    { id, key }: Pick<Upload, 'id' | 'key'>,
    check: (upload: Upload) => readonly Part[],
    make: (content: AsyncIterable<Uint8Array>, parts: readonly Part[], upload: Upload) => Promise<ObjectInfo>,
  ): Promise<ObjectInfo> {
    const found = this.#uploads.get(id);
    if (found?.key === key && found.completing) return await found.completing;
    const upload = this.#get(id, key);
    const parts = check(upload);
    upload.isClosing = true;
    upload.completing = make(this.#read(upload, parts), parts, upload);
    try {
      const made = await upload.completing;
      await this.#forget(upload);
      return made;
    } catch (error) {
      upload.completing = undefined;
      upload.isClosing = false;
      throw error;
    }
  }

  /** Gives an upload up, and frees its room. Throws OssError NoSuchUpload. */
  async abort(id: string, key: string): Promise<void> {
    const upload = this.#get(id, key);
    upload.isClosing = true;
    await this.#forget(upload);
  }

  /** Removes uploads that were idle for too long. */
  async removeAged(): Promise<void> {
    const { clock, log, maxAgeMs } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const upload of this.#uploads.values()) {
      if (upload.isClosing || upload.coming > 0 || nowMs - upload.activeMs <= maxAgeMs) continue;
      upload.isClosing = true;
      await this.#forget(upload);
      log.info({ key: upload.key, upload: upload.id }, 'gave up an upload in parts that nobody went on with');
    }
  }

  /** Gives up the upload that has rested longest, if any has rested; one of which parts are coming does not. */
  async #giveWay(uploads: Iterable<OpenUpload>): Promise<boolean> {
    const beforeMs = this.#options.clock.monotonicMs() - IDLE_MS;
    let oldest: OpenUpload | undefined;
    for (const upload of uploads) {
      if (upload.isClosing || upload.coming > 0 || upload.activeMs > beforeMs) continue;
      if (oldest === undefined || upload.activeMs < oldest.activeMs) oldest = upload;
    }
    if (oldest === undefined) return false;
    oldest.isClosing = true;
    await this.#forget(oldest);
    const { key, id, accessKey, address } = oldest;
    this.#options.log.warn(
      { key, upload: id, accessKey, address },
      'an upload in parts that nobody went on with was given up, as there was no room for another',
    );
    return true;
  }

  #get(id: string, key: string): OpenUpload {
    const upload = this.#uploads.get(id);
    if (!upload || upload.key !== key || upload.isClosing) throw noSuchUpload(id);
    return upload;
  }

  async #receive(path: string, body: AsyncIterable<Uint8Array>, announced: number | undefined): Promise<Digests> {
    const { thread } = this.#options;
    const file = await IntakeFile.create(path, { thread, withMd5: true }).catch((error: unknown) => {
      throw isMissing(error) ? error : toObjectError(error);
    });
    let received = 0;
    try {
      try {
        for await (const chunk of body) {
          received += chunk.length;
          this.#bytes += chunk.length;
          if (announced !== undefined && received > announced) {
            throw new ObjectError('wrong_size', `${announced} bytes were announced, and more came.`);
          }
          this.#checkRoom(0);
          await file.append(chunk).catch(rethrow);
        }
      } catch (error) {
        await file.close();
        throw error;
      }
      return await file.finish().catch(rethrow);
    } finally {
      // From here on it counts as a part, or not at all.
      this.#bytes -= received;
    }
  }

  /** Lets a part count in place of an older one, unless the upload was completed or aborted while it came. */
  async #swap(upload: OpenUpload, part: Part): Promise<void> {
    if (upload.isClosing) {
      await this.#folder.removePart(upload.id, part);
      throw noSuchUpload(upload.id);
    }
    const before = upload.parts.get(part.number);
    upload.parts.set(part.number, part);
    upload.activeMs = this.#options.clock.monotonicMs();
    this.#count(before, part);
    if (before) await this.#folder.removePart(upload.id, before);
  }

  async *#read({ id }: Upload, parts: readonly Part[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      const digest = createHash('md5');
      for await (const piece of piecesOf(this.#folder.part(id, part), part.size)) {
        digest.update(piece);
        yield piece;
      }
      if (digest.digest('hex') === part.md5) continue;
      throw new ObjectError('corrupt', `Part ${part.number} is not what was uploaded; the disk may be failing.`);
    }
  }

  async #forget(upload: OpenUpload): Promise<void> {
    try {
      await this.#folder.remove(upload.id);
    } catch (error) {
      this.#options.log.warn({ error, upload: upload.id }, 'the parts of an upload could not be removed');
    }
    this.#uploads.delete(upload.id);
    for (const part of upload.parts.values()) this.#count(part, undefined);
  }

  #isFull(more: number): boolean {
    return this.#bytes + more > this.#options.maxBytes || this.#parts >= this.#options.maxParts;
  }

  #checkRoom(more: number): void {
    if (!this.#isFull(more)) return;
    const { maxBytes, maxParts } = this.#options;
    const what = this.#parts >= maxParts ? `${maxParts} parts` : `${maxBytes} bytes`;
    throw new ObjectError('full', `Uploads in parts have the ${what} that they may have: abort or complete some.`);
  }

  /** Throws ObjectError `full` where those who began the upload have as many parts as one may have, and none that rest. */
  async #checkShare({ accessKey, address }: Upload): Promise<void> {
    const { maxPartsOfOne } = this.#options;
    for (const owner of [accessKey, address]) {
      // Where all have fewer there is nothing to count.
      while (owner !== undefined && this.#parts >= maxPartsOfOne) {
        const own = [...this.#uploads.values()].filter((each) => isOf(owner, each));
        if (own.reduce((sum, { parts }) => sum + parts.size, 0) < maxPartsOfOne) break;
        if (await this.#giveWay(own)) continue;
        throw new ObjectError('full', `${owner} has ${maxPartsOfOne} parts already: abort or complete some uploads.`);
      }
    }
  }

  #count(before: Part | undefined, after: Part | undefined): void {
    this.#bytes += (after?.size ?? 0) - (before?.size ?? 0);
    this.#parts += (after ? 1 : 0) - (before ? 1 : 0);
  }
}

function isOf(owner: string, { accessKey, address }: Owned): boolean {
  return accessKey === owner || address === owner;
}

/**
 * When anything last happened to an upload of an earlier run, by the monotonic clock: as long ago as the wall clock says where a time
 * server vouches for it, but not before it began; now where nobody can tell.
 */
function lastActive(clock: Clock, seenMs: number, beganMs = 0): number {
  const nowMs = clock.monotonicMs();
  if (!clock.isSynchronized()) return nowMs;
  return Math.min(nowMs, Math.max(beganMs, nowMs - (clock.now() - seenMs)));
}

export function noSuchUpload(id: string): OssError {
  const message = 'The specified upload does not exist. It may have been aborted or completed.';
  return new OssError(404, 'NoSuchUpload', message, { UploadId: id });
}

function rethrow(error: unknown): never {
  throw toObjectError(error);
}
