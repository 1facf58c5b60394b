import { join } from 'node:path';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { onTestFinished } from 'vitest';
import { configSchema } from '../../src/app/config.ts';
import type { Message } from '../../src/hub/message.ts';
import type { Delivery } from '../../src/hub/session.ts';
import type { ObjectError, ObjectInfo } from '../../src/objects/contract.ts';
import { LocalStore } from '../../src/objects/local/local-store.ts';
import { type Objects, type ObjectsOptions, type OpenStore, openObjects } from '../../src/objects/objects.ts';
import type { UploadRequest } from '../../src/objects/uploads/record.ts';
import type { Accepted, Upload } from '../../src/objects/uploads/upload.ts';
import { openDatabase } from '../../src/storage/database.ts';

export interface ObjectsHouse extends TestHouse {
  dataDir: string;
  objects: Objects;
  log: MemoryLog;
  /** As after a crash: nothing was closed, and what is on disk is there. */
  reopen(): Promise<Objects>;
}

export interface HouseOptions {
  uploads?: Record<string, number>;
  objects?: Record<string, number | string>;
  openStore?: ObjectsOptions['openStore'];
}

/** A hub with objects, in a folder of its own. */
export async function buildObjects(options: HouseOptions = {}): Promise<ObjectsHouse> {
  const house = buildHouse();
  const log = new MemoryLog();
  const dataDir = await temporaryFolder();
  const db = await openDatabase(dataDir, log);
  onTestFinished(() => db.close());
  const { uploads = {}, objects = {}, openStore } = options;
  const config = configSchema.parse({ dataDir, uploads, objects });
  const open = async (): Promise<Objects> => {
    const opened = await openObjects({ ...house, config, db, log, ...(openStore && { openStore }) });
    onTestFinished(() => opened.close());
    opened.start('http://gateway:9898');
    return opened;
  };
  const built: ObjectsHouse = {
    ...house,
    log,
    dataDir,
    objects: await open(),
    reopen: async () => {
      built.objects = await open();
      return built.objects;
    },
  };
  return built;
}

/** Begins an upload that is not known yet. */
export async function begin(objects: Objects, request: Partial<UploadRequest> = {}): Promise<Upload> {
  const begun = await objects.uploads.begin({ from: 'anna', name: 'a.txt', kind: 'file', ...request });
  if (!('upload' in begun)) throw new Error('this upload is complete already');
  return begun.upload;
}

/** Uploads a whole object. */
export async function put(objects: Objects, content: string, request: Partial<UploadRequest> = {}): Promise<Accepted> {
  const upload = await begin(objects, request);
  await upload.append(Buffer.from(content));
  return upload.finish();
}

/** A client whose messages can be waited for. */
export class Recipient extends MemorySession {
  readonly #waiting: ((message: Message) => void)[] = [];
  readonly #kept: Message[] = [];

  override deliver(message: Message): Delivery {
    const delivery = super.deliver(message);
    const next = this.#waiting.shift();
    if (next) next(message);
    else this.#kept.push(message);
    return delivery;
  }

  /** The next message. */
  next(): Promise<Message> {
    const message = this.#kept.shift();
    return message ? Promise.resolve(message) : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A local store that can be made to fail. */
export class FlakyStore {
  /** What every object is refused with. */
  fault: ObjectError | undefined;
  /** What taking an object over waits for. */
  held: Promise<void> | undefined;
  /** The keys that were to be taken over, in their order. */
  readonly asked: string[] = [];
  #onAsked: () => void = () => {};

  /** Resolves when so many were asked for, together, and whoever asked has noted what the answer was. */
  askedFor(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onAsked = () => {
        if (this.asked.length >= count) setImmediate(resolve);
      };
      this.#onAsked();
    });
  }

  readonly open: NonNullable<ObjectsOptions['openStore']> = async ({ config, ...parts }): Promise<OpenStore> => {
    const local = await LocalStore.open({
      ...parts,
      folder: join(config.dataDir, 'objects'),
      maxBytes: config.objects.maxBytes,
      maxAgeMs: 0,
    });
    const adopt = local.adopt.bind(local);
    local.adopt = async (key, file, options): Promise<ObjectInfo> => {
      this.asked.push(key);
      this.#onAsked();
      await this.held;
      if (this.fault) throw this.fault;
      return await adopt(key, file, options);
    };
    return { store: local, listed: local.listed, checkRoom: () => {}, close: () => local.close() };
  };
}
