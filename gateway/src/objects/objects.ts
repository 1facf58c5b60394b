import { join } from 'node:path';
import { fileNameOf } from '@crosscomm/protocol';
import type { Clock } from '../common/clock.ts';
import type { Database } from '../common/level.ts';
import type { Log } from '../common/log.ts';
import type { Metrics } from '../common/metrics.ts';
import { diskReserveBytes } from '../config/disk-reserve.ts';
import type { BaseConfig } from '../config/schema.ts';
import { withoutPassword } from '../hub/address.ts';
import type { Hub } from '../hub/hub.ts';
import type { Message } from '../hub/message.ts';
import { DigestThread } from './content/digest-thread.ts';
import { type Appended, type AppendOptions, ObjectError, type ObjectStore } from './contract.ts';
import { type ObjectReader, type ObjectsElsewhere, ReaderEverywhere, type ReadFor } from './elsewhere.ts';
import { checkWhole } from './images/cut-image.ts';
import { Images } from './images/images.ts';
import { imagesFault } from './images/processor.ts';
import { loadSecret, ObjectLinks } from './links.ts';
import { type NewestObjects, ObjectList } from './listing/object-list.ts';
import { LocalStore } from './local/local-store.ts';
import { infoOf, SpooledStore } from './spooled-store.ts';
import { Announcer } from './uploads/announcer.ts';
import { UploadCounting } from './uploads/counting.ts';
import { type Destination, Mover } from './uploads/mover.ts';
import { clientPrefix } from './uploads/object-key.ts';
import type { UploadRecord, UploadRequest } from './uploads/record.ts';
import { Spool } from './uploads/spool.ts';
import type { Accepted } from './uploads/upload.ts';
import { Uploads } from './uploads/uploads.ts';

export interface ObjectsOptions {
  config: Pick<BaseConfig, 'dataDir' | 'objects' | 'uploads' | 'limits'>;
  /** How many bytes of messages the protocols may keep on the same disk, beside the hub; by default 0. */
  keptBytes?: number;
  db: Database;
  hub: Hub;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** A number from 0 up to but not including 1. */
  random(): number;
  /** Resolves when everything that the hub was given before is on disk, as far as it is kept there. */
  written?: () => Promise<unknown>;
  /** Opens the store of the objects; by default a folder in the data directory. */
  openStore?: ((parts: StoreParts) => Promise<OpenStore>) | undefined;
}

/** What a store is opened with. */
export interface StoreParts extends Pick<ObjectsOptions, 'config' | 'db' | 'clock'> {
  log: Log;
  thread: DigestThread;
  /** Whether an accepted upload of an earlier run has this id. */
  isExpected(id: string): boolean;
}

export interface OpenStore {
  store: Destination;
  /** Its objects, the newest first. */
  listed: NewestObjects;
  /** Throws ObjectError `full` if the store has no room for this many more bytes. */
  checkRoom(bytes: number): void;
  close(): void | Promise<void>;
}

/** The state of uploads, for an operator. */
export interface UploadCounts {
  receiving: number;
  /** Accepted, and not in the store yet. */
  waiting: number;
  /** In the store; the recipients were offline and have not been told. */
  unheard: number;
  failed: number;
  /** On disk, outside of the store. */
  bytes: number;
  /** Why the store cannot be used now. */
  fault: string | null;
}

/** What a message says about an object. */
export type SentObject = Pick<Message, 'from' | 'to' | 'kind' | 'objectKey' | 'text'>;

/** Files and images: the store, the uploads to it, and links to read objects. */
export class Objects {
  /** The store, together with accepted uploads on their way to it. */
  readonly store: ObjectStore;
  readonly uploads: Uploads;
  readonly links: ObjectLinks;
  /** The same, the newest first. */
  readonly list: ObjectList;
  /** The objects in the store as images of other sizes and formats. */
  readonly images: Images;
  /** The largest object, bytes. */
  readonly maxBytes: number;
  /** The objects of other gateways, where there are any. */
  elsewhere: ObjectsElsewhere | undefined;
  readonly #spool: Spool;
  readonly #mover: Mover;
  readonly #announcer: Announcer;
  readonly #log: Log;
  readonly #close: () => Promise<void>;

  /** Use `openObjects`. */
  constructor(parts: {
    store: ObjectStore;
    list: ObjectList;
    uploads: Uploads;
    links: ObjectLinks;
    spool: Spool;
    mover: Mover;
    announcer: Announcer;
    log: Log;
    /** The largest object, bytes. */
    maxBytes: number;
    close(): Promise<void>;
  }) {
    this.store = parts.store;
    this.list = parts.list;
    this.uploads = parts.uploads;
    this.links = parts.links;
    this.images = new Images(parts.store);
    this.#spool = parts.spool;
    this.#mover = parts.mover;
    this.#announcer = parts.announcer;
    this.#log = parts.log;
    this.maxBytes = parts.maxBytes;
    this.#close = parts.close;
  }

  /**
   * Continues what an earlier run left; call it when recipients can connect.
   * @param base the beginning of the gateway's address: `http://host:port`
   */
  start(base: string): void {
    this.links.base = base;
    for (const record of this.uploads.inState('stored')) this.#announcer.wait(record);
    this.#mover.wake();
  }

  /**
   * Stores content that is complete already. Like `Uploads.begin`, but in one go.
   * @throws ObjectError `cut` for an image that ends too early: the message arrived whole, but its sender may have made a mistake
   */
  async take(request: UploadRequest, content: Uint8Array): Promise<Accepted> {
    if (request.kind === 'image') checkWhole(content);
    const begun = await this.uploads.begin({ ...request, size: content.length });
    if ('accepted' in begun) return begun.accepted;
    const { upload } = begun;
    try {
      await upload.truncate(0);
      await upload.append(content);
      return await upload.finish();
    } catch (error) {
      await upload.suspend();
      throw error;
    }
  }

  /** What this reader gets to read: objects of the store and, where this gateway is one of several, those that others have. */
  readFor(who: ReadFor): ObjectReader {
    return this.elsewhere === undefined ? this.store : new ReaderEverywhere(this.store, this.elsewhere, who);
  }

  /**
   * Appends to an object, as `ObjectStore.append`.
   *
   * @throws ObjectError `refused` where the store cannot append, besides
   */
  async append(key: string, body: AsyncIterable<Uint8Array>, options: AppendOptions): Promise<Appended> {
    if (!this.store.append) throw new ObjectError('refused', 'Nothing can be appended to objects in this store.');
    return await this.store.append(key, body, { ...options, maxBytes: this.maxBytes });
  }

  /**
   * A client that wrote an object by OSS tells recipients its name, its kind and who it is for. That is recorded with the object, unless
   * the object is another client's or has a name already.
   */
  async note({ from, to, kind, objectKey = '', text }: SentObject): Promise<void> {
    const isOwn = objectKey.startsWith(clientPrefix(from)) || objectKey.startsWith(`cross_comm/${from}/`);
    if (!isOwn || objectKey.endsWith('/')) return;
    try {
      const fileName = fileNameOf(text, objectKey);
      await this.store.note?.(objectKey, { fileName, kind: kind === 'image' ? kind : 'file', to: withoutPassword(to) });
    } catch (error) {
      this.#log.warn({ error, key: objectKey, from }, 'what was told of an object could not be noted');
    }
  }

  counts(): UploadCounts {
    const count = (state: UploadRecord['state']): number => this.uploads.inState(state).length;
    return {
      receiving: count('receiving'),
      waiting: count('accepted'),
      unheard: count('stored'),
      failed: count('failed'),
      bytes: this.#spool.bytes,
      fault: this.#mover.fault ?? null,
    };
  }

  /** Retries a failed upload, or a waiting one at once. False if there is no such upload, or it waits for its sender. */
  async retry(id: string): Promise<boolean> {
    const record = this.uploads.get(id);
    if (record?.state === 'failed') await this.uploads.update(record, { state: 'accepted', reason: undefined });
    else if (record?.state !== 'accepted') return false;
    this.#mover.retry();
    return true;
  }

  /** Drops an upload. False if there is no such upload. */
  async drop(id: string): Promise<boolean> {
    const record = this.uploads.get(id);
    if (!record || record.state === 'done') return false;
    this.#announcer.forget(id);
    await this.uploads.drop(record);
    return true;
  }

  /** Suspends incoming uploads, and ends after the current move. */
  close(): Promise<void> {
    return this.#close();
  }
}

/** Opens the spool and the store in the data directory; `start` continues what an earlier run left. */
export async function openObjects(options: ObjectsOptions): Promise<Objects> {
  const { config, db, hub, clock, random, openStore = openLocalStore } = options;
  const log = options.log.child({ part: 'objects' });
  const fault = imagesFault();
  if (fault) log.warn({ code: 'OBJECTS_UNAVAILABLE' }, fault);
  const thread = new DigestThread(clock);
  const { spool, records } = await Spool.open({
    folder: join(config.dataDir, 'spool'),
    log,
    maxBytes: config.uploads.maxTotalBytes,
    reserveBytes: (diskBytes) => diskReserveBytes(config, options.keptBytes ?? 0, diskBytes),
  });
  const expected = new Set(records.map(({ id }) => id));
  const opened = await openStore({ config, db, clock, log, thread, isExpected: (id) => expected.has(id) });
  const { store, listed } = opened;
  for (const { place = 0 } of records) listed.taken(place);
  const counting = new UploadCounting(options.metrics);
  const uploads = new Uploads({
    spool,
    records,
    thread,
    clock,
    log,
    counting,
    maxObjectBytes: config.uploads.maxBytes,
    maxReceiving: config.uploads.maxReceiving,
    idleMs: config.uploads.idleMs,
    checkRoom: (bytes) => opened.checkRoom(bytes),
    nextPlace: () => listed.nextPlace(),
    onReady: () => mover.wake(),
  });
  const secret = await loadSecret(join(config.dataDir, 'links.secret'));
  const { linkMs, publicUrl } = config.objects;
  const links = new ObjectLinks({ secret, clock, lifetimeMs: linkMs, hasPublicUrl: publicUrl !== '' });
  const announcer = new Announcer({
    hub,
    uploads,
    links,
    clock,
    log,
    written: options.written ?? (() => Promise.resolve()),
    patienceMs: config.uploads.recipientMs,
  });
  const mover = new Mover({
    uploads,
    spool,
    store,
    clock,
    log,
    counting,
    maxObjectBytes: config.uploads.maxBytes,
    random,
    onStored: (record) => announcer.announce(record),
  });
  const objects = new Objects({
    store: new SpooledStore(store, uploads, spool),
    list: new ObjectList({ stored: listed, waiting: () => uploads.inState('accepted'), infoOf }),
    uploads,
    links,
    spool,
    mover,
    announcer,
    log,
    maxBytes: config.uploads.maxBytes,
    async close() {
      await uploads.close();
      announcer.close();
      await opened.close();
      await mover.close();
      thread.close();
    },
  });
  show(objects, options.metrics);
  return objects;
}

/** Registers the metrics of uploads. */
function show(objects: Objects, metrics: Metrics): void {
  const help =
    'Uploads on their way now, by how they stand; those that are stored and whose recipients wait to be told are unheard.';
  metrics.gauge<'state'>({ name: 'crosscomm_uploads', help, labels: ['state'] }, () => {
    const { receiving, waiting, unheard, failed } = objects.counts();
    return Object.entries({ receiving, waiting, unheard, failed }).map(([state, count]) => [{ state }, count] as const);
  });
  const spool = {
    name: 'crosscomm_spool_bytes',
    help: 'Bytes of uploads on disk outside of the store.',
    unit: 'bytes',
  } as const;
  metrics.gauge(spool, () => objects.counts().bytes);
}

async function openLocalStore({ config, db, clock, log, thread, isExpected }: StoreParts): Promise<OpenStore> {
  const store = await LocalStore.open({
    folder: join(config.dataDir, 'objects'),
    db,
    clock,
    log,
    thread,
    maxBytes: config.objects.maxBytes,
    maxAgeMs: config.objects.maxAgeMs,
    isExpected,
  });
  const { listed } = store;
  return { store, listed, checkRoom: (bytes) => store.checkRoom(bytes), close: () => store.close() };
}
