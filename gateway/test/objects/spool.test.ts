import { createHash } from 'node:crypto';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ObjectError } from '../../src/objects/contract.ts';
import { begin, buildObjects, FlakyStore, type ObjectsHouse, put, Recipient } from './objects-house.ts';
import { body, read, spooled } from './support.ts';

const AWAY = new ObjectError('unavailable', 'The store is away.');

describe('the spool', () => {
  it('brings everything that was accepted to the store when it is back, the earliest first', async () => {
    const store = new FlakyStore();
    store.fault = AWAY;
    const house = await buildObjects({ openStore: store.open });
    const keys: string[] = [];
    for (const content of ['a', 'b', 'c']) keys.push((await put(house.objects, content)).key);
    await store.askedFor(1);
    store.asked.length = 0;
    store.fault = undefined;
    // Its pauses grow up to five minutes.
    house.clock.advance(300_000);
    await store.askedFor(3);
    await house.objects.close();
    expect(store.asked).toEqual(keys);
    expect(spooled(house.dataDir)).toEqual(['failed']);
    expect(house.objects.counts()).toMatchObject({ waiting: 0, fault: null });
  });

  it.each([
    ['large', 2 * 1024 * 1024],
    ['small', 10],
  ])('brings what is there under one key in its order, a %s one before a small one', async (_what, bytes) => {
    const store = new FlakyStore();
    let release = (): void => {};
    store.held = new Promise((resolve) => {
      release = resolve;
    });
    const { objects } = await buildObjects({ openStore: store.open });
    await put(objects, 'x'.repeat(bytes), { key: 'a' });
    await put(objects, 'later', { key: 'a' });
    await put(objects, 'another', { key: 'b' });
    await store.askedFor(2);
    expect(store.asked).toEqual(['a', 'b']);
    release();
    await store.askedFor(3);
    await objects.close();
    expect(await read(objects.store, 'a')).toBe('later');
  });

  it('tells the MD5 of what a client of S3 writes, however large, while the store is away', async () => {
    const store = new FlakyStore();
    store.fault = AWAY;
    const { objects } = await buildObjects({
      async openStore(parts) {
        const opened = await store.open(parts);
        // As those elsewhere, which are written to by the spool alone.
        Object.assign(opened.store, { write: undefined });
        return opened;
      },
    });
    const content = Buffer.alloc(3 * 1024 * 1024, 'abcdefg');
    const etag = createHash('md5').update(content).digest('hex');
    expect(await objects.store.write('a', body(content))).toMatchObject({ etag });
    expect(await objects.store.head('a')).toMatchObject({ etag });
    expect(objects.store.comparesOnWrite).toBe(false);
  });

  it('asks a store that is away less and less often', async () => {
    const store = new FlakyStore();
    store.fault = AWAY;
    const { objects, clock } = await buildObjects({ openStore: store.open });
    await put(objects, 'a');
    await store.askedFor(1);
    const pauses: number[] = [];
    for (let attempt = 2; attempt <= 12; attempt++) {
      // The pause begins when the store has answered.
      await new Promise((resolve) => setImmediate(resolve));
      const before = clock.now();
      while (store.asked.length < attempt && clock.now() - before < 400_000) {
        clock.advance(100);
        await new Promise((resolve) => setImmediate(resolve));
      }
      pauses.push(clock.now() - before);
    }
    expect(pauses[0]).toBeLessThanOrEqual(1000);
    expect(Math.max(...pauses)).toBeGreaterThan(100_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(300_100);
    expect(objects.counts()).toMatchObject({ waiting: 1, fault: 'The store is away.' });
  });

  it('goes on after a crash with what was accepted, and tells the recipients', async () => {
    const store = new FlakyStore();
    store.fault = AWAY;
    const house = await buildObjects({ openStore: store.open });
    const bert = new Recipient('bert');
    house.hub.join(bert);
    const { key } = await put(house.objects, 'hello', { to: 'bert' });
    await store.askedFor(1);
    store.fault = undefined;
    await house.reopen();
    expect(await bert.next()).toMatchObject({ objectKey: key });
    expect(await read(house.objects.store, key)).toBe('hello');
  });

  it('puts aside what the store can never take, with the reason, until it is tried again or dropped', async () => {
    const store = new FlakyStore();
    store.fault = new ObjectError('too_large', 'The store takes no such thing.');
    const house = await buildObjects({ openStore: store.open });
    const one = await put(house.objects, 'one');
    await house.objects.close();
    expect(spooled(house.dataDir).toSorted()).toEqual([
      'failed',
      expect.stringMatching(/^failed\/.*\.data$/),
      expect.stringMatching(/^failed\/.*\.json$/),
    ]);
    const objects = await house.reopen();
    const [record] = objects.uploads.inState('failed');
    expect(record).toMatchObject({ key: one.key, reason: 'The store takes no such thing.' });
    expect(objects.counts()).toMatchObject({ failed: 1, bytes: 3 });
    store.fault = undefined;
    store.asked.length = 0;
    expect(await objects.retry(record?.id ?? '')).toBe(true);
    await store.askedFor(1);
    await objects.close();
    expect(await read(objects.store, one.key)).toBe('one');
    expect(spooled(house.dataDir)).toEqual(['failed']);
  });

  it('forgets an upload that is dropped', async () => {
    const store = new FlakyStore();
    store.fault = AWAY;
    const { objects, dataDir } = await buildObjects({ openStore: store.open });
    const { key } = await put(objects, 'one');
    const [record] = objects.uploads.inState('accepted');
    expect(await objects.drop(record?.id ?? '')).toBe(true);
    expect(await objects.drop(record?.id ?? '')).toBe(false);
    expect(await objects.store.head(key)).toBeUndefined();
    expect(spooled(dataDir)).toEqual(['failed']);
  });

  it('throws away what a crash left of uploads that cannot go on', async () => {
    const house = await buildObjects();
    const upload = await begin(house.objects);
    await upload.append(Buffer.from('half'));
    await writeFile(join(house.dataDir, 'spool', '1.json.new'), '{');
    await house.reopen();
    expect(spooled(house.dataDir)).toEqual(['failed']);
  });

  it('leaves a record alone that it cannot read, and the content with it', async () => {
    const house = await buildObjects();
    await writeFile(join(house.dataDir, 'spool', '1.json'), '{');
    await writeFile(join(house.dataDir, 'spool', '1.data'), 'x');
    await house.reopen();
    expect(spooled(house.dataDir).toSorted()).toEqual(['1.data', '1.json', 'failed']);
    expect(house.log.lines).toEqual([expect.stringMatching(/^error the record of an upload cannot be read/)]);
  });
});

describe('a disk that cannot be written while an upload ends', () => {
  /** In the way of the record that is to replace the one that is there, and of nothing else. */
  async function blockRecord({ objects, dataDir }: ObjectsHouse): Promise<() => Promise<void>> {
    const [record] = objects.uploads.inState('accepted');
    const path = join(dataDir, 'spool', `${record?.id}.json.new`);
    await mkdir(path);
    return () => rmdir(path);
  }

  it('makes nobody hear of it twice, nor others wait', async () => {
    const store = new FlakyStore();
    store.fault = AWAY;
    const house = await buildObjects({ openStore: store.open });
    const { objects, hub, clock } = house;
    const bert = new Recipient('bert');
    hub.join(bert);
    await put(objects, 'one', { to: 'bert', token: 't1' });
    await store.askedFor(1);
    const unblock = await blockRecord(house);
    await put(objects, 'two', { to: 'bert', name: 'b.txt' });
    store.fault = undefined;
    clock.advance(1000);
    const heard = [await bert.next(), await bert.next()];
    expect(heard.map(({ body }) => body).toSorted()).toEqual(['a.txt', 'b.txt']);
    await vi.waitFor(() => expect(objects.counts()).toMatchObject({ waiting: 0, unheard: 1, fault: null }));
    for (let round = 0; round < 5; round++) {
      clock.advance(30_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await unblock();
    await vi.waitFor(() => {
      clock.advance(30_000);
      expect(objects.uploads.inState('done')).toHaveLength(1);
    });
    expect(bert.received).toHaveLength(2);
  });

  it('keeps a recipient who is away from nothing', async () => {
    const store = new FlakyStore();
    store.fault = AWAY;
    const house = await buildObjects({ openStore: store.open });
    const { objects, hub, clock } = house;
    await put(objects, 'one', { to: 'bert' });
    await store.askedFor(1);
    await blockRecord(house);
    store.fault = undefined;
    clock.advance(1000);
    await vi.waitFor(() => expect(objects.counts()).toMatchObject({ unheard: 1, fault: null }));
    const bert = new Recipient('bert');
    hub.join(bert);
    clock.advance(1000);
    expect(await bert.next()).toMatchObject({ body: 'a.txt' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(0));
  });
});
