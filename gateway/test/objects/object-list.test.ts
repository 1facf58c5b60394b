import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Database } from '../../src/common/level.ts';
import { ObjectError } from '../../src/objects/contract.ts';
import type { ListedObject } from '../../src/objects/listing/listed-object.ts';
import { NewestIndex, type NewestQuery } from '../../src/objects/listing/newest-index.ts';
import type { NewestObjects } from '../../src/objects/listing/object-list.ts';
import { RemoteIndex } from '../../src/objects/listing/remote-index.ts';
import type { Objects } from '../../src/objects/objects.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { buildObjects, FlakyStore, put } from './objects-house.ts';
import { body, buildStore } from './support.ts';

interface Listing {
  newest: NewestObjects['newest'];
}

/** The keys of every page, one list a page. */
async function pages(listing: Listing, query: Partial<NewestQuery> = {}): Promise<string[][]> {
  const all: string[][] = [];
  for (let before = query.before; ; ) {
    const { objects, next } = await listing.newest({ limit: 100, ...query, before });
    all.push(objects.map(({ info }) => info.key));
    if (next === undefined) return all;
    before = next;
  }
}

async function keys(listing: Listing, query: Partial<NewestQuery> = {}): Promise<string[]> {
  return (await pages(listing, query)).flat();
}

async function openEmpty(): Promise<Database> {
  const db = await openDatabase(await temporaryFolder(), new MemoryLog());
  onTestFinished(() => db.close());
  return db;
}

function object(
  key: string,
  place: number,
  more: { metadata?: Record<string, string>; to?: string } = {},
): ListedObject {
  const info = { key, size: 1, etag: 'e', contentType: 'text/plain', modifiedMs: 0, metadata: {}, ...more };
  return { place, info };
}

describe('the list of objects in the order of time', () => {
  it('has the newest first, in pages that go on where the last one ended', async () => {
    const { store } = await buildStore();
    for (const key of ['c', 'a', 'd', 'b', 'e']) await store.write(key, body(key));
    expect(await pages(store.listed, { limit: 2 })).toEqual([['e', 'b'], ['d', 'a'], ['c']]);
    expect(await pages(store.listed, { limit: 5 })).toEqual([['e', 'b', 'd', 'a', 'c']]);
  });

  it('goes on where a page ended, whatever came or went meanwhile', async () => {
    const { store } = await buildStore();
    for (const key of ['a', 'b', 'c', 'd']) await store.write(key, body(key));
    const first = await store.listed.newest({ limit: 2 });
    await store.write('e', body('e'));
    await store.remove('b');
    expect(await keys(store.listed, { before: first.next })).toEqual(['a']);
  });

  it('has an object that was replaced once, as a new one, and none that was removed', async () => {
    const { store } = await buildStore();
    for (const key of ['a', 'b', 'c', 'a']) await store.write(key, body(key));
    await store.remove('b');
    expect(await keys(store.listed)).toEqual(['a', 'c']);
  });

  it('is the same after a restart, and goes on from there, though the clock was set back', async () => {
    const house = await buildStore();
    for (const key of ['a', 'b']) await house.store.write(key, body(key));
    house.clock.jumpTo(house.clock.now() - 86_400_000);
    const store = await house.reopen();
    await store.write('c', body('c'));
    expect(await keys(store.listed)).toEqual(['c', 'b', 'a']);
  });

  it('is had by sender, recipient, kind and the beginning of the key, and by several of these', async () => {
    const { store } = await buildStore();
    const write = (key: string, kind: string, from: string, to?: string) =>
      store.write(key, body('x'), { metadata: { kind, from, name: key }, ...(to === undefined ? {} : { to }) });
    await write('cross_comm/cam/1_a.jpg', 'image', 'cam', 'wall');
    await write('cross_comm/cam/2_b.log', 'file', 'cam', 'desk');
    await write('cross_comm/cam2/3_c.jpg', 'image', 'cam2', 'wall:secret');
    await write('cross_comm/cam/4_d.jpg', 'image', 'cam');
    await write('cross_comm/a%20b/5_e.jpg', 'image', 'a b', 'wall');
    await write('elsewhere', 'file', 'ann');
    const listing = store.listed;
    const short = async (query: Partial<NewestQuery>) =>
      (await keys(listing, query)).map((key) => /\d_(\w)/.exec(key)?.[1] ?? key).join('');
    expect(await short({ from: 'cam' })).toBe('dba');
    expect(await short({ from: 'a b' })).toBe('e');
    expect(await short({ from: 'ann' })).toBe('elsewhere');
    expect(await short({ to: 'wall' })).toBe('eca');
    expect(await short({ to: 'wall:secret' })).toBe('');
    expect(await short({ kind: 'image' })).toBe('edca');
    expect(await short({ kind: 'file', from: 'cam' })).toBe('b');
    expect(await short({ from: 'cam', to: 'wall', kind: 'image' })).toBe('a');
    expect(await short({ prefix: 'cross_comm/cam/' })).toBe('dba');
    expect(await short({ prefix: 'cross_comm/cam' })).toBe('dcba');
    expect(await short({ prefix: 'cross_comm/a%20b/', kind: 'image' })).toBe('e');
    expect(await short({ prefix: 'cross_comm/', to: 'desk' })).toBe('b');
    expect(await short({ from: 'nobody' })).toBe('');
  });

  it('lets nobody’s metadata pass its objects off as another’s', async () => {
    const { store } = await buildStore();
    await store.write('cross_comm/eve/1_a.jpg', body('x'), { metadata: { from: 'ann' } });
    expect(await keys(store.listed, { from: 'ann' })).toEqual([]);
    expect(await keys(store.listed, { from: 'eve' })).toHaveLength(1);
  });

  it('has what an OSS client wrote by what it is and by what its sender told of it', async () => {
    const { objects } = await buildObjects();
    const key = 'cross_comm/001122_ab/1_a.bin';
    await objects.store.write(key, body('x'), { contentType: 'image/png' });
    const list = objects.list;
    expect(await keys(list, { kind: 'image', from: '001122_ab' })).toEqual([key]);
    await objects.note({ from: '001122_ab', to: 'desk', kind: 'file', objectKey: key, text: 'a.bin' });
    expect(await keys(list, { kind: 'image' })).toEqual([]);
    expect(await keys(list, { to: 'desk', kind: 'file' })).toEqual([key]);
  });

  it('calls an object what its sender told before that is written: whoever was told too may ask at once', async () => {
    const { objects } = await buildObjects();
    const key = 'cross_comm/ann/1_a.bin';
    await objects.store.write(key, body('x'));
    const noted = ['plan.bin', 'late.bin'].map((text) =>
      objects.note({ from: 'ann', to: 'desk', kind: 'file', objectKey: key, text }),
    );
    expect((await objects.store.head(key))?.fileName).toBe('plan.bin');
    await Promise.all(noted);
    expect((await objects.store.head(key))?.fileName).toBe('plan.bin');
    await objects.note({ from: 'ann', to: 'desk', kind: 'file', objectKey: key, text: 'other.bin' });
    expect((await objects.store.head(key))?.fileName).toBe('plan.bin');
  });

  it('is what one gets by looking at all of it, whatever is asked for', async () => {
    const name = fc.constantFrom('a', 'b', 'a b', 'ä', 'a"', '');
    const written = fc.record({
      id: fc.integer({ min: 0, max: 9 }),
      from: name,
      to: fc.option(name, { nil: undefined }),
      kind: fc.constantFrom('file', 'image'),
    });
    const asked = fc.record({
      prefix: fc.constantFrom(undefined, 'k/', 'k/a', 'x'),
      from: fc.option(name, { nil: undefined }),
      to: fc.option(name, { nil: undefined }),
      kind: fc.constantFrom(undefined, 'file' as const, 'image' as const),
      limit: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(written, { maxLength: 12 }), asked, async (writes, query) => {
        const index = await RemoteIndex.open({
          db: await openEmpty(),
          clock: new FakeClock(),
          store: 's',
          maxListed: 1000,
        });
        const expected = new Map<string, (typeof writes)[number]>();
        for (const write of writes) {
          const key = `k/${write.from}${write.id}`;
          const { from, kind, to } = write;
          await index.put(
            object(key, 0, { metadata: { from, kind }, ...(to === undefined ? {} : { to }) }).info,
            index.nextPlace(),
          );
          expected.delete(key);
          expected.set(key, write);
        }
        const meant = [...expected].filter(
          ([key, { from, to, kind }]) =>
            key.startsWith(query.prefix ?? '') &&
            [undefined, from].includes(query.from) &&
            [undefined, to].includes(query.to) &&
            [undefined, kind].includes(query.kind),
        );
        expect(await keys(index, query)).toEqual(meant.map(([key]) => key).reverse());
      }),
      { numRuns: 40 },
    );
  });

  it('looks at so many for one page, and goes on with the next', async () => {
    const db = await openEmpty();
    const index = await NewestIndex.open(db, 'list', new FakeClock());
    const objects = Array.from({ length: 6000 }, (_, at) =>
      object(`cross_comm/log/${at}`, at + 1, { metadata: { kind: at === 3 ? 'image' : 'file', from: 'log' } }),
    );
    await db.batch(objects.flatMap((each) => index.putting(each)));
    let looked = 0;
    const newest = (query: NewestQuery) =>
      index.page(query, async (wanted) => {
        looked += wanted.length;
        return wanted.map((key) => objects[Number(key.split('/')[2])]);
      });
    const first = await newest({ from: 'log', kind: 'image', limit: 10 });
    expect([first.objects, first.next]).toEqual([[], 1001]);
    expect(looked).toBeLessThanOrEqual(5000);
    expect(await keys({ newest }, { from: 'log', kind: 'image' })).toEqual(['cross_comm/log/3']);
    looked = 0;
    expect(await keys({ newest }, { kind: 'image' })).toEqual(['cross_comm/log/3']);
    expect(looked).toBe(1);
  });

  it('passes over what is gone, or stands elsewhere now', async () => {
    const db = await openEmpty();
    const index = await NewestIndex.open(db, 'list', new FakeClock());
    const [gone, moved, there] = [object('gone', 1), object('moved', 2), object('there', 3)];
    await db.batch([gone, moved, there, { ...moved, place: 4 }].flatMap((each) => index.putting(each)));
    const known = new Map([
      ['moved', { ...moved, place: 4 }],
      ['there', there],
    ]);
    const page = await index.page({ limit: 10 }, async (wanted) => wanted.map((key) => known.get(key)));
    expect(page.objects.map(({ info }) => info.key)).toEqual(['moved', 'there']);
  });
});

describe('the list of objects of an earlier version', () => {
  /** Takes out of a data directory what that version did not write. */
  async function age(folder: string, db: Database): Promise<void> {
    for (const name of ['objects-newest', 'objects-newest-from', 'objects-newest-to', 'objects-newest-kind']) {
      await db.sublevel(name).clear();
    }
    const without = (text: string) => JSON.stringify({ ...JSON.parse(text), place: undefined });
    for (const name of ['objects', 'object-files']) {
      const sublevel = db.sublevel(name);
      for (const [key, value] of await sublevel.iterator().all()) await sublevel.put(key, without(value));
    }
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, name);
      if (name.endsWith('.json')) writeFileSync(path, without(readFileSync(path, 'utf8')));
    }
  }

  it('is made in the order in which they were written, and goes on after these', async () => {
    const house = await buildStore();
    for (const key of ['c', 'a', 'd', 'b']) {
      await house.store.write(key, body(key), { metadata: { from: 'ann' } });
      house.clock.advance(1);
    }
    await age(house.folder, house.db);
    const store = await house.reopen();
    await store.write('e', body('e'));
    expect(await keys(store.listed, { from: 'ann' })).toEqual(['b', 'd', 'a', 'c']);
    expect(await keys((await house.reopen()).listed)).toEqual(['e', 'b', 'd', 'a', 'c']);
    expect(house.log.lines.filter((line) => line.includes('earlier version'))).toHaveLength(1);
  });

  it('is made again where the database was lost, of what the disk says', async () => {
    const house = await buildStore();
    for (const key of ['c', 'a', 'b', 'c']) await house.store.write(key, body(key));
    await house.db.clear();
    expect(await keys((await house.reopen()).listed)).toEqual(['c', 'b', 'a']);
  });
});

describe('the list of objects while the store cannot be used', () => {
  it('has what was accepted, in its place, and nothing that failed', async () => {
    const remote = new FlakyStore();
    const house = await buildObjects({ openStore: remote.open });
    const take = (name: string) => put(house.objects, name, { from: 'cam', to: 'wall', name, kind: 'image' });
    const isEmpty = (objects: Objects) => vi.waitFor(() => expect(objects.counts().waiting).toBe(0));
    const first = await take('1.jpg');
    await isEmpty(house.objects);
    remote.fault = new ObjectError('unavailable', 'It is away.');
    const second = await take('2.jpg');
    const third = await take('3.jpg');
    expect(await keys(house.objects.list, { to: 'wall' })).toEqual([third.key, second.key, first.key]);
    expect(await pages(house.objects.list, { kind: 'image', limit: 1 })).toEqual([
      [third.key],
      [second.key],
      [first.key],
    ]);
    const again = await house.reopen();
    expect(await keys(again.list, { from: 'cam' })).toEqual([third.key, second.key, first.key]);
    const [waiting] = again.uploads.inState('accepted');
    if (waiting) await again.drop(waiting.id);
    expect(await keys(again.list)).toEqual([third.key, first.key]);
    remote.fault = undefined;
    await again.retry(again.uploads.inState('accepted')[0]?.id ?? '');
    await isEmpty(again);
    expect(await keys(again.list, { kind: 'image', from: 'cam' })).toEqual([third.key, first.key]);
  });
});

describe('the list of objects in a store that is elsewhere', () => {
  const open = (db: Database, more: { maxListed?: number; store?: string } = {}) =>
    RemoteIndex.open({ db, clock: new FakeClock(), store: 'oss bucket', maxListed: 1000, ...more });

  it('remembers what went there, also after a restart, and of each store its own', async () => {
    const db = await openEmpty();
    const index = await open(db);
    for (const key of ['a', 'b', 'c']) await index.put(object(key, 0).info, index.nextPlace());
    await index.remove('b');
    expect(await keys(await open(db))).toEqual(['c', 'a']);
    expect(await keys(await open(db, { store: 'oss other' }))).toEqual([]);
  });

  it('does no harm where an object is brought there twice', async () => {
    const index = await open(await openEmpty());
    const place = index.nextPlace();
    for (const _time of [1, 2]) await index.put(object('a', 0).info, place);
    expect(await keys(index)).toEqual(['a']);
  });

  it('forgets the oldest where there are too many', async () => {
    const index = await open(await openEmpty(), { maxListed: 50 });
    for (let at = 0; at < 151; at++) await index.put(object(`k${at}`, 0).info, index.nextPlace());
    const left = await keys(index);
    expect([left.length, left[0], left.at(-1)]).toEqual([50, 'k150', 'k101']);
  });
});
