import { readdirSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { onTestFinished } from 'vitest';
import type { Database } from '../../src/common/level.ts';
import { DigestThread } from '../../src/objects/content/digest-thread.ts';
import type { ObjectStore } from '../../src/objects/contract.ts';
import { LocalStore, type LocalStoreOptions } from '../../src/objects/local/local-store.ts';
import { openDatabase } from '../../src/storage/database.ts';

export interface StoreHouse {
  folder: string;
  db: Database;
  clock: FakeClock;
  log: MemoryLog;
  thread: DigestThread;
  store: LocalStore;
  /** As after a crash: what was written is there, what was in memory is not. */
  reopen(options?: Partial<LocalStoreOptions>): Promise<LocalStore>;
}

/** A local store in a folder of its own. */
export async function buildStore(options: Partial<LocalStoreOptions> = {}): Promise<StoreHouse> {
  const dataDir = await temporaryFolder();
  const log = new MemoryLog();
  const clock = new FakeClock();
  const thread = new DigestThread(clock);
  const folder = join(dataDir, 'objects');
  const db = await openDatabase(dataDir, log);
  onTestFinished(() => db.close());
  const open = async (more: Partial<LocalStoreOptions> = {}): Promise<LocalStore> => {
    const store = await LocalStore.open({
      folder,
      db,
      clock,
      log,
      thread,
      maxBytes: 2 ** 30,
      maxAgeMs: 0,
      ...options,
      ...more,
    });
    onTestFinished(() => store.close());
    return store;
  };
  const house: StoreHouse = {
    folder,
    db,
    clock,
    log,
    thread,
    store: await open(),
    reopen: async (more) => {
      house.store = await open(more);
      return house.store;
    },
  };
  return house;
}

/** Everything that is in the spool, by its path there. */
export function spooled(dataDir: string): string[] {
  return readdirSync(join(dataDir, 'spool'), { recursive: true }).map(String);
}

/** Bytes as a body that comes in pieces. */
export async function* body(content: string | Uint8Array, pieceBytes = 65_536): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content);
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}

/** The content of an object as text; undefined where there is none. */
export async function read(
  store: ObjectStore,
  key: string,
  range?: { start: number; end: number },
): Promise<string | undefined> {
  const opened = await store.open(key, range);
  return opened && (await contentOf(opened.stream)).toString();
}

export function contentOf(stream: Readable): Promise<Buffer> {
  return buffer(stream);
}

/** The files below a folder that this process has open. */
export async function openFiles(folder: string): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  const paths = await Promise.all(descriptors.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => '')));
  return paths.filter((path) => path.startsWith(folder));
}
