import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../src/common/level.ts';
import { silentLog } from '../../src/common/log.ts';
import type { MessageInit } from '../../src/hub/message.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { LevelHubStore } from '../../src/storage/hub-store.ts';

const clock = new FakeClock();

async function build(): Promise<{ db: Database; store: LevelHubStore; log: MemoryLog }> {
  const db = await openDatabase(await temporaryFolder(), silentLog);
  onTestFinished(() => db.close());
  const log = new MemoryLog();
  return { db, log, store: new LevelHubStore(db, { log, clock }) };
}

/** What another run of the gateway would find. */
const reload = (db: Database): ReturnType<LevelHubStore['load']> =>
  new LevelHubStore(db, { log: silentLog, clock }).load();

function message(body: string | Uint8Array = 'hi', extra: Partial<MessageInit> = {}): MessageInit {
  return {
    from: 'alice',
    to: 'news',
    kind: typeof body === 'string' ? 'text' : 'bytes',
    body,
    timestampMs: 1700000000123.5,
    id: undefined,
    objectKey: undefined,
    ...extra,
  };
}

/** Counts the batches that reach the database. */
function countBatches(db: Database): { batches: number; operations: number } {
  const counted = { batches: 0, operations: 0 };
  db.on('write', (operations: unknown[]) => {
    counted.batches++;
    counted.operations += operations.length;
  });
  return counted;
}

describe('the hub store', () => {
  it('gives back retained messages of every kind', async () => {
    const { db, store } = await build();
    const bytes = new Uint8Array([9, 0, 255, 128]).subarray(1);
    store.putRetained('text', { message: message('caf\u00e9 \ud83d\ude00 \ud800 \u0000'), expiresMs: 5 });
    store.putRetained('bytes', { message: message(bytes), expiresMs: 6.5 });
    store.putRetained('dict', { message: message('{"n":1.0}', { kind: 'dict', id: 'm1' }), expiresMs: 7 });
    store.putRetained('file', { message: message('a.txt', { kind: 'file', objectKey: 'k' }), expiresMs: 8 });
    const ofAnother = { stays: true as const, extra: Uint8Array.of(2, 255) };
    store.putRetained('far', { message: message(), expiresMs: 9, ...ofAnother });
    await store.flush();
    const retained = new Map((await reload(db)).retained);
    expect(retained.get('text')?.message).toEqual(message('caf\u00e9 \ud83d\ude00 \ud800 \u0000'));
    expect(retained.get('bytes')).toEqual({ message: message(Uint8Array.of(0, 255, 128)), expiresMs: 6.5 });
    expect(retained.get('dict')?.message).toEqual(message('{"n":1.0}', { kind: 'dict', id: 'm1' }));
    expect(retained.get('far')).toEqual({ message: message(), expiresMs: 9, ...ofAnother });
    expect(retained.get('file')?.message.objectKey).toBe('k');
  });

  it('keeps a message that never expires', async () => {
    const { db, store } = await build();
    store.putRetained('news', { message: message(), expiresMs: Number.POSITIVE_INFINITY });
    await store.flush();
    expect((await reload(db)).retained).toEqual([
      ['news', { message: message(), expiresMs: Number.POSITIVE_INFINITY }],
    ]);
  });

  it('keeps channels of any name apart', async () => {
    const { db, store } = await build();
    const names = ['', 'a/b', 'retained:x', '!hub!', '\ud800', '\ud801', '__proto__', '\u0000', '"quoted"'];
    for (const name of names) store.putRetained(name, { message: message(name), expiresMs: 1 });
    await store.flush();
    const retained = new Map((await reload(db)).retained);
    expect([...retained.keys()].sort()).toEqual([...names].sort());
    for (const [name, record] of retained) expect(record.message.body).toBe(name);
  });

  it('gives back scheduled messages in the order in which they are due', async () => {
    const { db, store } = await build();
    store.putScheduled({ id: '1700-10', message: message('third'), dueMs: 20 });
    store.putScheduled({ id: '1700-9', message: message('second'), dueMs: 20 });
    store.putScheduled({ id: '1700-11', message: message('first'), dueMs: 10, retainMs: 60_000 });
    store.putScheduled({ id: '1700-12', message: message('delayed'), dueMs: 30, delay: { ms: 5, sinceMs: 7 } });
    await store.flush();
    const { scheduled } = await reload(db);
    expect(scheduled.map((record) => record.message.body)).toEqual(['first', 'second', 'third', 'delayed']);
    expect(scheduled[0]).toEqual({ id: '1700-11', message: message('first'), dueMs: 10, retainMs: 60_000 });
    expect(scheduled[3]).toEqual({
      id: '1700-12',
      message: message('delayed'),
      dueMs: 30,
      delay: { ms: 5, sinceMs: 7 },
    });
  });

  it('takes away what is deleted', async () => {
    const { db, store } = await build();
    store.putRetained('news', { message: message(), expiresMs: 1 });
    store.putScheduled({ id: '1', message: message(), dueMs: 1 });
    await store.flush();
    store.deleteRetained('news');
    store.deleteScheduled('1');
    await store.flush();
    expect(await reload(db)).toEqual({ retained: [], scheduled: [] });
  });

  it('writes the changes of one turn as one batch, the last of each key', async () => {
    const { db, store } = await build();
    const counted = countBatches(db);
    for (let n = 0; n < 1000; n++) store.putRetained('news', { message: message(`${n}`), expiresMs: 1 });
    store.putRetained('gone', { message: message(), expiresMs: 1 });
    store.deleteRetained('gone');
    await new Promise((resolve) => db.once('write', resolve));
    expect(counted).toEqual({ batches: 1, operations: 2 });
    expect((await reload(db)).retained).toMatchObject([['news', { message: { body: '999' } }]]);
  });

  it('writes what is left when it closes, and leaves the database open', async () => {
    const { db, store } = await build();
    store.putRetained('news', { message: message(), expiresMs: 1 });
    await store.close();
    expect((await reload(db)).retained).toHaveLength(1);
    expect(db.status).toBe('open');
  });

  it('stays away from the keys of the MQTT broker', async () => {
    const { db, store } = await build();
    await db.put('retained:news', 'the broker has its own');
    store.deleteRetained('news');
    store.putRetained('other', { message: message(), expiresMs: 1 });
    await store.flush();
    expect(await db.keys({ gte: 'a', lt: '{' }).all()).toEqual(['retained:news']);
    expect((await reload(db)).retained).toHaveLength(1);
  });

  it('reads what an earlier version kept until a moment of the wall clock', async () => {
    const { db, store } = await build();
    const kept = (expiresMs: number | null) =>
      JSON.stringify({ from: 'a', to: 'x', kind: 'text', text: 'x', timestampMs: 1, expiresMs });
    const level = db.sublevel('hub');
    await level.put('retained:"a"', kept(clock.now() + 5000));
    await level.put('retained:"b"', kept(clock.now() + 1e12));
    await level.put('retained:"c"', kept(null));
    const ends = (await store.load()).retained.map(([, { expiresMs }]) => expiresMs - clock.monotonicMs());
    expect(ends).toEqual([5000, 172_800_000, Number.POSITIVE_INFINITY]);
  });

  it('skips records that it cannot read, and says how many', async () => {
    const { db, store, log } = await build();
    store.putRetained('good', { message: message(), expiresMs: 1 });
    await store.flush();
    const level = db.sublevel('hub');
    await level.put('retained:"a"', '{"from":');
    await level.put('retained:"b"', '{"kind":"poem"}');
    await level.put('retained:unquoted', '{}');
    await level.put('scheduled:1', 'null');
    await level.put('unknown', '{}');
    expect((await store.load()).retained.map(([channel]) => channel)).toEqual(['good']);
    expect(log.lines).toEqual(['error some retained or waiting messages could not be read and are left out']);
    expect(log.contexts).toMatchObject([{ unreadable: 5 }]);
  });

  it('logs a disk that fails once, and writes what failed with the next change', async () => {
    const { db, store, log } = await build();
    await db.close();
    store.putRetained('a', { message: message('first'), expiresMs: 1 });
    await store.flush();
    store.putRetained('b', { message: message(), expiresMs: 1 });
    await store.flush();
    expect(log.lines).toHaveLength(1);
    await db.open();
    store.putRetained('a', { message: message('second'), expiresMs: 1 });
    await store.flush();
    expect((await reload(db)).retained.map(([channel, record]) => [channel, record.message.body])).toEqual([
      ['a', 'second'],
      ['b', 'hi'],
    ]);
  });
});
