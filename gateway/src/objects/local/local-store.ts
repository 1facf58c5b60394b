import { open, unlink } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Clock } from '../../common/clock.ts';
import type { Database } from '../../common/level.ts';
import type { Log } from '../../common/log.ts';
import type { ByteRange } from '../../common/ranges.ts';
import { checkAppend } from '../append-checks.ts';
import { checkedStream, corrupt } from '../content/checked-stream.ts';
import type { DigestThread } from '../content/digest-thread.ts';
import { type Digests, etagOf } from '../content/digests.ts';
import { checkAnnounced } from '../content/expectations.ts';
import { isMissing, toObjectError } from '../content/faults.ts';
import type { HeldBody } from '../content/held-body.ts';
import {
  type Appended,
  type AppendOptions,
  checkKey,
  type ListOptions,
  ObjectError,
  type ObjectInfo,
  type ObjectPage,
  type ObjectStore,
  PositionError,
  type Told,
  type WriteOptions,
} from '../contract.ts';
import { KeyLock } from '../key-lock.ts';
import type { NewestObjects } from '../listing/object-list.ts';
import { Appendables } from './appendables.ts';
import { Incoming } from './incoming.ts';
import { hashOf, Layout } from './layout.ts';
import { ObjectIndex } from './object-index.ts';
import { reconcile, type Totals } from './reconcile.ts';
import { linkContent, Shards } from './shards.ts';
import { type Sidecar, toInfo } from './sidecar.ts';
import { Sidecars } from './sidecars.ts';

export interface LocalStoreOptions {
  /** The folder of the objects; created if it is missing. */
  folder: string;
  db: Database;
  clock: Clock;
  log: Log;
  thread: DigestThread;
  /** The limit for everything together, in bytes. */
  maxBytes: number;
  /** Older objects are removed; 0: never. */
  maxAgeMs: number;
  /** Content from the spool that the last run had started to take over. */
  isExpected?: (id: string) => boolean;
}

/** Complete content, in a file of its own on the same file system. */
export interface FinishedFile {
  path: string;
  /** Unique among all contents; lower-case letters, digits and hyphens. */
  id: string;
  digests: Digests;
  /** Resolves when the content is on disk; by default it is. */
  onDisk?: Promise<void>;
}

const AGE_CHECK_MS = 3_600_000;
const DEFAULT_TYPE = 'application/octet-stream';

/** Objects as files below one folder. The files are the truth; the index in the database is only for listing. */
export class LocalStore implements ObjectStore {
  readonly comparesOnWrite = true;
  readonly #options: LocalStoreOptions;
  readonly #layout: Layout;
  readonly #shards: Shards;
  readonly #sidecars: Sidecars;
  readonly #index: ObjectIndex;
  readonly #appendables: Appendables;
  readonly #incoming: Incoming;
  readonly #lock = new KeyLock();
  readonly #totals: Totals;
  readonly #stopAging: () => void;
  /** Descriptions that are being written, by their hashes: a recipient that was told may ask for the object at once. */
  readonly #told = new Map<string, Told>();

  private constructor(
    options: LocalStoreOptions,
    parts: { layout: Layout; index: ObjectIndex; appendables: Appendables; totals: Totals },
  ) {
    const { layout, index, appendables, totals } = parts;
    this.#options = options;
    this.#layout = layout;
    this.#shards = new Shards(layout);
    this.#sidecars = new Sidecars(layout);
    this.#index = index;
    this.#appendables = appendables;
    this.#incoming = new Incoming({ ...options, layout, checkRoom: (bytes) => this.checkRoom(bytes) });
    this.#totals = totals;
    const { clock, log, maxAgeMs } = options;
    this.#stopAging = maxAgeMs === 0 ? () => {} : clock.every(AGE_CHECK_MS, () => void this.removeAged().catch(fail));
    function fail(error: unknown): void {
      log.error({ code: 'OBJECTS_UNAVAILABLE', error }, 'old objects could not be removed');
    }
  }

  /** Opens the store and cleans up after a crash. Throws the system's error if the folder cannot be used. */
  static async open(options: LocalStoreOptions): Promise<LocalStore> {
    const layout = new Layout(options.folder);
    const index = await ObjectIndex.open(options.db, options.clock);
    const isExpected = options.isExpected ?? (() => false);
    const appendables = new Appendables(layout, options.clock);
    const totals = await reconcile({ layout, index, appendables, log: options.log, isExpected });
    const store = new LocalStore(options, { layout, index, appendables, totals });
    if (options.maxAgeMs > 0) await store.removeAged();
    return store;
  }

  close(): void {
    this.#stopAging();
  }

  /** Its objects, the newest first. */
  get listed(): NewestObjects {
    return this.#index;
  }

  get totals(): Readonly<Totals> {
    return this.#totals;
  }

  /** Throws ObjectError `full` if there is no room for `bytes` more. */
  checkRoom(bytes: number): void {
    const { maxBytes } = this.#options;
    if (this.#totals.bytes + this.#incoming.bytes + bytes > maxBytes) {
      throw new ObjectError('full', `The objects have ${this.#totals.bytes} of the ${maxBytes} bytes they may have.`);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const sidecar = await this.#read(hashOf(key));
    return sidecar && toInfo(sidecar);
  }

  async open(key: string, range?: ByteRange): Promise<{ info: ObjectInfo; stream: Readable } | undefined> {
    checkKey(key);
    const hash = hashOf(key);
    for (;;) {
      const sidecar = await this.#read(hash);
      if (!sidecar) return undefined;
      try {
        const file = await open(this.#layout.content(hash, sidecar.id), 'r');
        return { info: toInfo(sidecar), stream: checkedStream(file, sidecar, range) };
      } catch (error) {
        if (!isMissing(error)) throw toObjectError(error);
        // Replaced, removed or lost in between.
        if ((await this.#read(hash))?.id === sidecar.id) throw corrupt(key, 'is gone');
      }
    }
  }

  async write(key: string, body: AsyncIterable<Uint8Array>, options: WriteOptions = {}): Promise<ObjectInfo> {
    checkKey(key);
    if (options.size !== undefined) this.checkRoom(options.size);
    const hash = hashOf(key);
    const id = this.#incoming.newId();
    // Where it stays: it counts for nothing until a sidecar names it.
    const path = this.#layout.content(hash, id);
    let onDisk: Promise<void> | undefined;
    try {
      await this.#shards.make(hash).catch(rethrow);
      const content = await this.#incoming.receive(path, body, options);
      onDisk = content.onDisk;
      checkAnnounced(content.digests, options);
      return await this.adopt(key, { path, id, ...content }, options);
    } catch (error) {
      await onDisk?.catch(() => {});
      this.#shards.doubt(hash);
      await this.#dropContent(hash, id);
      throw error;
    }
  }

  /**
   * Takes over a complete file. It can be read in the store before it disappears from its old place; repeating it after a crash does no
   * harm.
   * @throws ObjectError `exists`, `full`, `unavailable`, and the file stays where it was; `corrupt` if there is no such file
   */
  async adopt(
    key: string,
    { path, id, digests, onDisk }: FinishedFile,
    options: WriteOptions = {},
  ): Promise<ObjectInfo> {
    checkKey(key);
    const { size, sha256, crc64, crc32 } = digests;
    const { etag = etagOf(digests) } = options;
    const checksum = options.checksum?.();
    const hash = hashOf(key);
    return await this.#lock.run(key, async () => {
      const before = await this.#readIfSound(hash);
      if (before && options.onlyNew && before.id !== id) throw new ObjectError('exists', `There is an object ${key}.`);
      options.onlyIf?.(before && toInfo(before));
      if (before?.id !== id) this.checkRoom(size - (before?.size ?? 0));
      const told = { ...this.#described(options), ...(checksum && { checksum }) };
      const sidecar: Sidecar = { key, size, sha256, etag, crc64, crc32, id, ...told };
      try {
        const content = this.#layout.content(hash, id);
        if (path !== content) {
          await this.#shards.make(hash);
          await linkContent(key, path, content);
        }
        // From this moment the object exists; the folder is synced, and the content with it.
        await this.#sidecars.write(hash, sidecar, onDisk);
        this.#count(before, sidecar);
        await this.#index.put(hash, sidecar);
        if (path !== content) await unlink(path).catch(() => {});
        if (before && before.id !== id) await this.#forgetContent(before);
      } catch (error) {
        throw toObjectError(error);
      }
      return toInfo(sidecar);
    });
  }

  async append(key: string, body: AsyncIterable<Uint8Array>, options: AppendOptions = {}): Promise<Appended> {
    checkKey(key);
    const { size } = options;
    if (size !== undefined) this.checkRoom(size);
    // What has no chance need not arrive first.
    checkAppend(key, await this.#read(hashOf(key)), size ?? 0, options);
    return await this.#incoming.hold(body, options, (held) =>
      this.#lock.run(key, () => this.#append(key, held, options)),
    );
  }

  /** Appends what is here, under the lock. */
  async #append(key: string, body: HeldBody, options: AppendOptions): Promise<Appended> {
    const hash = hashOf(key);
    const before = await this.#read(hash);
    const verdict = checkAppend(key, before, body.size, options);
    try {
      if (before && verdict === 'before the end') {
        const { position = 0 } = options;
        if (await this.#appendables.has(before, position, body)) return { info: toInfo(before), position };
        throw new PositionError(key, position, before.size);
      }
      if (before && body.size === 0) return { info: toInfo(before), position: before.size };
      const after = before ? await this.#appendables.extend(before, body) : await this.#create(key, body, options);
      this.#count(before, after);
      if (before) await this.#index.putLater(hash, after);
      else await this.#index.put(hash, after);
      return { info: toInfo(after), position: before?.size ?? 0 };
    } catch (error) {
      throw toObjectError(error);
    }
  }

  /** Makes an appendable object, on disk when the promise resolves. */
  async #create(key: string, body: HeldBody, options: AppendOptions): Promise<Sidecar> {
    const hash = hashOf(key);
    const id = this.#incoming.newId();
    await this.#shards.make(hash);
    try {
      const content = await this.#appendables.create(hash, id, body);
      const sidecar: Sidecar = { key, ...content, id, isAppendable: true, ...this.#described(options) };
      await this.#sidecars.write(hash, sidecar);
      return sidecar;
    } catch (error) {
      await this.#dropContent(hash, id);
      throw error;
    }
  }

  async remove(key: string): Promise<boolean> {
    checkKey(key);
    return await this.#remove(key, () => true);
  }

  async note(key: string, told: Told): Promise<void> {
    checkKey(key);
    const hash = hashOf(key);
    // The first name stays, as it does once it is on disk.
    if (!this.#told.has(hash)) this.#told.set(hash, told);
    await this.#lock.run(key, async () => {
      try {
        const before = await this.#readWritten(hash).catch(ifCorrupt);
        if (!before || isNamed(before)) return;
        const sidecar: Sidecar = { ...before, ...told };
        await this.#sidecars.write(hash, sidecar);
        await this.#index.put(hash, sidecar);
      } catch (error) {
        throw toObjectError(error);
      } finally {
        if (this.#told.get(hash) === told) this.#told.delete(hash);
      }
    });
  }

  async list(options: ListOptions): Promise<ObjectPage> {
    try {
      return await this.#index.list(options);
    } catch (error) {
      throw toObjectError(error);
    }
  }

  /**
   * Removes objects older than `maxAgeMs`: by the monotonic clock or, as the gateway may have been off, by the wall clock if a time server
   * confirmed it both when the object came and now.
   */
  async removeAged(): Promise<void> {
    const { clock, log, maxAgeMs } = this.#options;
    const isAged = ({ modifiedMs, cameMs = 0, wasSynchronized = false }: Sidecar): boolean =>
      clock.monotonicMs() - cameMs > maxAgeMs ||
      (wasSynchronized && clock.isSynchronized() && clock.now() - modifiedMs > maxAgeMs);
    let removed = 0;
    for await (const sidecar of this.#index.all()) {
      if (isAged(sidecar) && (await this.#remove(sidecar.key, isAged))) removed++;
    }
    if (removed > 0) log.info({ removed }, 'removed objects that were too old');
  }

  async #remove(key: string, isMeant: (sidecar: Sidecar) => boolean): Promise<boolean> {
    const hash = hashOf(key);
    return await this.#lock.run(key, async () => {
      const sidecar = await this.#readIfSound(hash);
      if (!sidecar || !isMeant(sidecar)) return false;
      try {
        await this.#sidecars.remove(hash);
        this.#count(sidecar, undefined);
        await this.#index.remove(hash, key);
        await this.#forgetContent(sidecar);
      } catch (error) {
        throw toObjectError(error);
      }
      return true;
    });
  }

  async #read(hash: string): Promise<Sidecar | undefined> {
    const sidecar = await this.#readWritten(hash);
    const told = this.#told.get(hash);
    return sidecar && told && !isNamed(sidecar) ? { ...sidecar, ...told } : sidecar;
  }

  async #readWritten(hash: string): Promise<Sidecar | undefined> {
    const sidecar = await this.#sidecars.read(hash);
    return sidecar && (await this.#appendables.now(sidecar));
  }

  /** For a writer that replaces it, a damaged object is the same as none. */
  #readIfSound(hash: string): Promise<Sidecar | undefined> {
    return this.#read(hash).catch(ifCorrupt);
  }

  /** What a new object has beside its content. */
  #described(options: WriteOptions): Omit<Sidecar, 'key' | 'size' | 'etag' | 'crc64' | 'crc32' | 'id'> {
    const { contentType = DEFAULT_TYPE, headers, metadata = {}, to } = options;
    const { clock } = this.#options;
    return {
      contentType,
      ...(headers && { headers }),
      metadata,
      ...(to !== undefined && { to }),
      modifiedMs: clock.now(),
      cameMs: Math.round(clock.monotonicMs()),
      wasSynchronized: clock.isSynchronized(),
      place: options.place ?? this.#index.nextPlace(),
    };
  }

  /** Removes content that did not become an object's. Where that cannot be told, it stays until the store is opened again. */
  async #dropContent(hash: string, id: string): Promise<void> {
    const sidecar = await this.#sidecars.read(hash).catch(() => ({ id }));
    if (sidecar?.id !== id) await unlink(this.#layout.content(hash, id)).catch(() => {});
  }

  /** The content goes first: what finds no content looks again, and would take one without its mark for whole. */
  async #forgetContent({ key, id }: Sidecar): Promise<void> {
    const hash = hashOf(key);
    this.#appendables.forget(hash);
    await unlink(this.#layout.content(hash, id)).catch(() => {});
    await unlink(this.#layout.mark(hash, id)).catch(() => {});
  }

  #count(before: Sidecar | undefined, after: Sidecar | undefined): void {
    this.#totals.objects += (after ? 1 : 0) - (before ? 1 : 0);
    this.#totals.bytes += (after?.size ?? 0) - (before?.size ?? 0);
  }
}

/** It has a name already. */
function isNamed({ fileName, metadata }: Sidecar): boolean {
  return fileName !== undefined || metadata.name !== undefined;
}

function rethrow(error: unknown): never {
  throw toObjectError(error);
}

function ifCorrupt(error: unknown): undefined {
  if (error instanceof ObjectError && error.code === 'corrupt') return undefined;
  throw error;
}
