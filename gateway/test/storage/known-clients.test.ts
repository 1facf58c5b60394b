import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { Level } from 'level';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Database, nativeOf } from '../../src/common/level.ts';
import type { ClientInfo } from '../../src/hub/client.ts';
import { KnownClients } from '../../src/storage/known-clients.ts';

interface Place {
  db: Database;
  store: KnownClients;
  clients: Map<string, ClientInfo>;
  clock: FakeClock;
  log: MemoryLog;
  /** The keys of each batch that was written, and how many characters it had. */
  batches: { keys: string[]; length: number }[];
  fail: (error: Error | undefined) => void;
}

async function build(): Promise<Place> {
  const db: Database = new Level(await temporaryFolder());
  await db.open();
  onTestFinished(() => db.close());
  const clients = new Map<string, ClientInfo>();
  const clock = new FakeClock();
  const log = new MemoryLog();
  const batches: Place['batches'] = [];
  let failure: Error | undefined;
  const hooks = nativeOf(db);
  const write = hooks._batch.bind(db);
  hooks._batch = async (...args) => {
    if (failure) throw failure;
    const operations = args[0] as { key: string; value?: string }[];
    const length = operations.reduce((sum, { value = '' }) => sum + value.length, 0);
    batches.push({ keys: operations.map(({ key }) => String(key)), length });
    await write(...args);
  };
  const store = new KnownClients(db, {
    clock,
    log,
    find: (id) => clients.get(id),
    all: () => [...clients.values()],
  });
  const fail = (error: Error | undefined) => {
    failure = error;
  };
  return { db, store, clients, clock, log, batches, fail };
}

function client(id: string, extra: Partial<ClientInfo> = {}): ClientInfo {
  return { id, protocol: 'oocsi', online: true, lastSeenMs: 1000, joinedMs: 1000, subscriptions: [], ...extra };
}

describe('the known clients in the database', () => {
  it('are nobody’s before anything was written, and come back in the order of joining', async () => {
    const { store, clients } = await build();
    expect(await store.load()).toBeUndefined();
    clients.set('b', client('b', { joinedMs: 1000, subscriptions: ['lamp', 'a/#'] }));
    clients.set('a', client('a', { joinedMs: 2000, online: false, leftMs: 500 }));
    store.changed();
    await store.flush();
    expect(await store.load()).toEqual([clients.get('b'), clients.get('a')]);
  });

  it('are written one by one as they change, a second later, however many there are', async () => {
    const { store, clients, clock, batches } = await build();
    const subscriptions = Array.from({ length: 1000 }, (_, index) => `channel/${index}`);
    for (let index = 0; index < 200; index++) clients.set(`c${index}`, client(`c${index}`, { subscriptions }));
    store.changed();
    await store.flush();
    batches.length = 0;
    for (let round = 0; round < 50; round++) store.changed('c7');
    clients.set('new', client('new'));
    store.changed('new');
    clock.advance(999);
    expect(batches).toEqual([]);
    clock.advance(1);
    await store.flush();
    expect(batches).toHaveLength(1);
    expect(batches[0]?.keys.sort()).toEqual(['!clients!c7', '!clients!new']);
    expect(batches[0]?.length).toBeLessThan(25_000);
  });

  it('go when they are forgotten', async () => {
    const { store, clients } = await build();
    clients.set('a', client('a'));
    clients.set('b', client('b'));
    store.changed();
    await store.flush();
    clients.delete('a');
    store.changed('a');
    await store.close();
    expect((await store.load())?.map(({ id }) => id)).toEqual(['b']);
  });

  it('are written later where the disk fails, and the fault is logged once', async () => {
    const { store, clients, clock, log, fail } = await build();
    clients.set('a', client('a'));
    fail(new Error('no room'));
    for (let round = 0; round < 3; round++) {
      store.changed('a');
      await store.flush();
    }
    expect(log.lines).toEqual(['error the known clients cannot be written: look at the disk']);
    fail(undefined);
    clock.advance(1000);
    await store.flush();
    expect((await store.load())?.map(({ id }) => id)).toEqual(['a']);
  });

  it('are left out where their record is damaged, which is said', async () => {
    const { db, store, clients, log } = await build();
    clients.set('a', client('a'));
    store.changed('a');
    await store.flush();
    await db.sublevel('clients').put('b', '{"status": "on');
    expect((await store.load())?.map(({ id }) => id)).toEqual(['a']);
    expect(log.lines).toEqual(['error what was known of some clients cannot be read; they are forgotten']);
  });
});
