import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ObjectError } from '../../src/objects/contract.ts';
import { begin, buildObjects, FlakyStore, type ObjectsHouse, put, Recipient } from './objects-house.ts';
import { body, contentOf, read } from './support.ts';

const AWAY = new ObjectError('unavailable', 'The store is away.');

function spooled(dataDir: string): string[] {
  return readdirSync(join(dataDir, 'spool'), { recursive: true }).map(String);
}

describe('an upload', () => {
  it('ends in the store under a key as CrossComm makes them, and its recipient is told', async () => {
    const { objects, hub, dataDir, clock } = await buildObjects();
    const bert = new Recipient('bert');
    hub.join(bert);
    const accepted = await put(objects, 'hello', { to: 'bert', name: 'a/b/Picture.JPG', kind: 'image' });
    expect(accepted).toEqual({
      key: expect.stringMatching(new RegExp(`^cross_comm/anna/${clock.now()}_[0-9a-f]{8}\\.JPG$`)),
      size: 5,
      sha256: createHash('sha256').update('hello').digest('hex'),
      crc32: 0x3610a686,
    });
    expect(await bert.next()).toMatchObject({
      from: 'anna',
      to: 'bert',
      kind: 'image',
      body: 'Picture.JPG',
      objectKey: accepted.key,
      objectSize: 5,
      objectUrl: expect.stringContaining(`http://gateway:9898/objects/${accepted.key}?expires=`),
    });
    expect(await read(objects.store, accepted.key)).toBe('hello');
    expect(await objects.store.head(accepted.key)).toMatchObject({
      metadata: { name: 'Picture.JPG', kind: 'image', from: 'anna' },
    });
    await objects.close();
    expect(spooled(dataDir)).toEqual(['failed']);
  });

  it('can be read as soon as it is accepted, though the store is away', async () => {
    const store = new FlakyStore();
    store.fault = AWAY;
    const { objects } = await buildObjects({ openStore: store.open });
    const { key } = await put(objects, 'hello');
    expect(await read(objects.store, key)).toBe('hello');
    expect(await objects.store.head(key)).toMatchObject({ size: 5, metadata: { from: 'anna' } });
  });

  it('is listed among what is in the store, in pages, though it waits', async () => {
    const store = new FlakyStore();
    const { objects } = await buildObjects({ openStore: store.open });
    const from = 'a';
    for (const key of ['k/1', 'k/3', 'k/x/1']) await objects.store.write(key, body('x'));
    store.fault = AWAY;
    for (const key of ['k/0', 'k/2', 'k/x/2', 'k/y/1']) await put(objects, 'y', { from, key });
    const all: string[] = [];
    let after: string | undefined;
    do {
      const page = await objects.store.list({ prefix: 'k/', limit: 2, ...(after === undefined ? {} : { after }) });
      all.push(...page.objects.map(({ key }) => key));
      after = page.next;
    } while (after !== undefined);
    expect(all).toEqual(['k/0', 'k/1', 'k/2', 'k/3', 'k/x/1', 'k/x/2', 'k/y/1']);
    const folders = await objects.store.list({ prefix: 'k/', delimiter: '/', limit: 10 });
    expect(folders.prefixes).toEqual(['k/x/', 'k/y/']);
    expect(folders.objects.map(({ key }) => key)).toEqual(['k/0', 'k/1', 'k/2', 'k/3']);
  });

  it.each([
    ['less than was announced', 'hell', { size: 5 }, 'wrong_size'],
    ['another CRC-32', 'hello', { crc32: 1 }, 'wrong_digest'],
    ['another MD5', 'hello', { md5: 'f'.repeat(32) }, 'wrong_digest'],
  ])('is refused at its end where it has %s', async (_what, content, announced, code) => {
    const { objects, dataDir } = await buildObjects();
    const upload = await begin(objects, announced);
    await upload.append(Buffer.from(content));
    await expect(upload.finish()).rejects.toMatchObject({ code });
    await upload.suspend();
    expect(spooled(dataDir)).toEqual(['failed']);
    expect(objects.counts()).toMatchObject({ receiving: 0, waiting: 0, bytes: 0 });
  });

  it('is refused as soon as there is more than was announced, or than an object may have', async () => {
    const { objects } = await buildObjects({ uploads: { maxBytes: 256 } });
    const announced = await begin(objects, { size: 2 });
    await expect(announced.append(Buffer.alloc(3))).rejects.toMatchObject({ code: 'wrong_size' });
    const endless = await begin(objects);
    await endless.append(Buffer.alloc(256));
    await expect(endless.append(Buffer.alloc(1))).rejects.toMatchObject({ code: 'too_large' });
    await expect(begin(objects, { size: 257 })).rejects.toMatchObject({ code: 'too_large' });
  });

  it('is refused where the budget is spent, and what was accepted before stays', async () => {
    const store = new FlakyStore();
    store.fault = AWAY;
    const { objects } = await buildObjects({ uploads: { maxTotalBytes: 300 }, openStore: store.open });
    const { key } = await put(objects, 'x'.repeat(200));
    const second = await begin(objects);
    await second.append(Buffer.alloc(100));
    await expect(second.append(Buffer.alloc(1))).rejects.toMatchObject({ code: 'full' });
    await expect(begin(objects, { size: 1 })).rejects.toMatchObject({ code: 'full' });
    await second.discard();
    expect(objects.counts().bytes).toBe(200);
    await put(objects, 'y'.repeat(100));
    expect(await read(objects.store, key)).toBe('x'.repeat(200));
  });

  it('is one of at most so many, however many begin at once', async () => {
    const { objects, dataDir } = await buildObjects({ uploads: { maxReceiving: 20 } });
    const begun = await Promise.allSettled(Array.from({ length: 10_000 }, () => begin(objects)));
    const reasons = begun.flatMap((each) => (each.status === 'rejected' ? [(each.reason as ObjectError).code] : []));
    expect(reasons).toHaveLength(9980);
    expect(new Set(reasons)).toEqual(new Set(['too_many']));
    expect(spooled(dataDir)).toHaveLength(21);
  });

  it.each([
    ['..', /is a folder/],
    ['a/..', /is a folder/],
    ['', /is empty/],
    ['a/', /is empty/],
    ['a\0.jpg', /character/],
    ['x'.repeat(10_240), /255 bytes/],
  ])('is refused with a name that no file can have', async (name, message) => {
    const { objects } = await buildObjects();
    await expect(begin(objects, { name })).rejects.toMatchObject({ code: 'bad_key', message });
  });

  it.each([
    ['..', 'cross_comm/%2E%2E/'],
    ['.', 'cross_comm/%2E/'],
    ['../bert', 'cross_comm/..%2Fbert/'],
    ['bert/x', 'cross_comm/bert%2Fx/'],
    ['bert%2Fx', 'cross_comm/bert%252Fx/'],
    ['nul\0', 'cross_comm/nul%00/'],
    ['Küche 1', 'cross_comm/Küche%201/'],
    ['x'.repeat(10_240), `cross_comm/%${createHash('sha256').update('x'.repeat(10_240)).digest('hex')}/`],
  ])('stays below the prefix of its own client, whatever that is called', async (from, prefix) => {
    const { objects, dataDir } = await buildObjects();
    const { key } = await put(objects, 'x', { from, name: 'a.b/../c' });
    expect(key).toMatch(/^cross_comm\/[^/]+\/\d+_[0-9a-f]{8}$/);
    expect(key.startsWith(prefix)).toBe(true);
    expect(await read(objects.store, key)).toBe('x');
    expect(readdirSync(dataDir).toSorted()).toEqual(['links.secret', 'objects', 'spool', 'state']);
  });
});

describe('an upload with a token', () => {
  const request = { token: 't1', size: 10 };

  it('goes on where it was, also after a crash', async () => {
    const house = await buildObjects();
    const first = await begin(house.objects, request);
    await first.append(Buffer.from('01234'));
    await house.reopen();
    const second = await begin(house.objects, request);
    expect(second.offset).toBe(5);
    await second.append(Buffer.from('56789'));
    const { key, sha256 } = await second.finish();
    expect(sha256).toBe(createHash('sha256').update('0123456789').digest('hex'));
    expect(await read(house.objects.store, key)).toBe('0123456789');
  });

  it('is taken away from a connection that is gone without a word', async () => {
    const { objects } = await buildObjects();
    const first = await begin(objects, request);
    await first.append(Buffer.from('01234'));
    const [second, third] = await Promise.all([begin(objects, request), begin(objects, request)]);
    await expect(first.append(Buffer.from('5'))).rejects.toMatchObject({ code: 'replaced' });
    await expect(second.append(Buffer.from('5'))).rejects.toMatchObject({ code: 'replaced' });
    await third.append(Buffer.from('56789'));
    expect(await third.finish()).toMatchObject({ size: 10 });
  });

  it('is told the same answer again, also after a crash, and the recipient hears of it once', async () => {
    const house = await buildObjects();
    const bert = new Recipient('bert');
    house.hub.join(bert);
    const accepted = await put(house.objects, '0123456789', { ...request, to: 'bert' });
    await bert.next();
    expect(
      await house.objects.uploads.begin({ from: 'anna', name: 'a.txt', kind: 'file', to: 'bert', ...request }),
    ).toEqual({
      accepted,
    });
    await house.objects.close();
    await house.reopen();
    expect(
      await house.objects.uploads.begin({ from: 'anna', name: 'a.txt', kind: 'file', to: 'bert', ...request }),
    ).toEqual({
      accepted,
    });
    expect(bert.received).toHaveLength(1);
  });

  it('is another upload where it says something else of itself, or is another client’s', async () => {
    const { objects } = await buildObjects();
    const first = await begin(objects, request);
    await first.append(Buffer.from('01234'));
    await first.suspend();
    const others = await begin(objects, { ...request, from: 'bert' });
    expect(others.offset).toBe(0);
    const larger = await begin(objects, { ...request, size: 11 });
    expect(larger.offset).toBe(0);
    expect(objects.counts().receiving).toBe(2);
  });

  it('is known again after its sender has forgotten the token, if it says the same and nobody has it', async () => {
    const { objects } = await buildObjects();
    const first = await begin(objects, request);
    await first.append(Buffer.from('01234'));
    const again = { from: 'anna', name: 'a.txt', kind: 'file', size: 10, token: 't2' } as const;
    const beside = await objects.uploads.begin({ ...again, token: 't3' }, { orLeft: true });
    expect(beside).toMatchObject({ upload: { offset: 0 } });
    await first.suspend();
    const other = await objects.uploads.begin({ ...again, token: 't4', size: 11 }, { orLeft: true });
    expect(other).toMatchObject({ upload: { offset: 0 } });
    const left = await objects.uploads.begin(again, { orLeft: true });
    expect(left).toMatchObject({ upload: { offset: 5 } });
    expect(await begin(objects, { ...request, token: 't2' })).toMatchObject({ offset: 5 });
  });

  it('has all of what came of a large object, in pieces of any size, with breaks and steps back', async () => {
    const { objects } = await buildObjects();
    const content = randomBytes(4_000_000);
    const large = { from: 'anna', name: 'a.bin', kind: 'file', token: 't1', size: content.length } as const;
    const goOn = async () => {
      const begun = await objects.uploads.begin(large, { gathers: true });
      if (!('upload' in begun)) throw new Error('this upload is complete already');
      return begun.upload;
    };
    let upload = await goOn();
    for (let start = 0, round = 1; start < content.length; round++) {
      const piece = content.subarray(start, start + 77_777 * (1 + (round % 3)));
      await upload.append(piece);
      start += piece.length;
      expect(upload.offset).toBe(start);
      if (round % 7 === 0) {
        await upload.suspend();
        upload = await goOn();
        expect(upload.offset).toBe(start);
      }
      if (round % 9 === 0 && start > 200_000) {
        start -= 123_456;
        await upload.truncate(start);
      }
    }
    const { key, sha256 } = await upload.finish();
    expect(sha256).toBe(createHash('sha256').update(content).digest('hex'));
    const opened = await objects.store.open(key);
    expect(opened && (await contentOf(opened.stream)).equals(content)).toBe(true);
  });

  it('may say its size and checksum at the end', async () => {
    const { objects } = await buildObjects();
    for (const late of [{ size: 4 }, { crc32: 1 }]) {
      const wrong = await begin(objects);
      await wrong.append(Buffer.from('hello'));
      await expect(wrong.finish(late)).rejects.toMatchObject({ code: expect.stringMatching(/^wrong_/) });
    }
    const right = await begin(objects);
    await right.append(Buffer.from('hello'));
    expect(await right.finish({ size: 5, crc32: 0x3610a686 })).toMatchObject({ size: 5 });
  });

  it('is given up when nobody goes on with it for long, but not while somebody does', async () => {
    const { objects, clock, dataDir } = await buildObjects({ uploads: { idleMs: 60_000 } });
    const left = await begin(objects, request);
    await left.append(Buffer.from('01234'));
    await left.suspend();
    await begin(objects, { ...request, token: 't2' });
    clock.advance(61_000);
    await objects.uploads.expire();
    expect(objects.counts()).toMatchObject({ receiving: 1, bytes: 0 });
    expect(spooled(dataDir)).toHaveLength(3);
  });
});

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

describe('a recipient who is away', () => {
  it('is told when it joins', async () => {
    const { objects, hub, clock } = await buildObjects();
    await put(objects, 'hello', { to: 'bert' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(1));
    const bert = new Recipient('bert');
    hub.join(bert);
    clock.advance(30_000);
    expect(await bert.next()).toMatchObject({ body: 'a.txt' });
    clock.advance(600_000);
    expect(bert.received).toHaveLength(1);
  });

  it('is waited for though others watch every channel, who get the message where it does not come', async () => {
    const { objects, hub, clock } = await buildObjects({ uploads: { recipientMs: 60_000 } });
    const watcher = new Recipient('watcher');
    hub.join(watcher);
    hub.subscribe(watcher, '#');
    const bert = new Recipient('bert');
    hub.join(bert);
    hub.leave(bert, 'closed');
    await put(objects, 'hello', { to: 'bert' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(1));
    hub.join(bert);
    clock.advance(1000);
    expect(await bert.next()).toMatchObject({ body: 'a.txt' });
    expect(watcher.received).toEqual([]);
    hub.leave(bert, 'closed');
    await put(objects, 'hello', { to: 'bert', name: 'b.txt' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(1));
    clock.advance(120_000);
    expect(await watcher.next()).toMatchObject({ to: 'bert', body: 'b.txt' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(0));
    expect(bert.received).toHaveLength(1);
  });

  it('is not waited for where others subscribe to its name, as that is a channel then', async () => {
    const { objects, hub } = await buildObjects();
    const bert = new Recipient('bert');
    hub.join(bert);
    hub.leave(bert, 'closed');
    const other = new Recipient('other');
    hub.join(other);
    hub.subscribe(other, 'bert');
    await put(objects, 'hello', { to: 'bert' });
    expect(await other.next()).toMatchObject({ to: 'bert', body: 'a.txt' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(0));
  });

  it('is told after a restart of the gateway', async () => {
    const house = await buildObjects();
    await put(house.objects, 'hello', { to: 'bert' });
    await vi.waitFor(() => expect(house.objects.counts().unheard).toBe(1));
    await house.objects.close();
    await house.reopen();
    const bert = new Recipient('bert');
    house.hub.join(bert);
    house.clock.advance(1000);
    expect(await bert.next()).toMatchObject({ body: 'a.txt', objectSize: 5 });
  });

  it('is not waited for for ever', async () => {
    const { objects, clock, log } = await buildObjects({ uploads: { recipientMs: 60_000 } });
    const { key } = await put(objects, 'hello', { to: 'bert' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(1));
    clock.advance(120_000);
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(0));
    expect(log.lines).toEqual([expect.stringMatching(/^warn nobody was there/)]);
    expect(await read(objects.store, key)).toBe('hello');
  });
});

describe('the address of an object', () => {
  it('works for its key and its time alone', async () => {
    const { objects, clock } = await buildObjects({ objects: { linkMs: 60_000 } });
    const url = new URL(objects.links.urlOf('a/b c.txt') ?? '');
    expect(url.pathname).toBe('/objects/a/b%20c.txt');
    const signed = {
      expires: url.searchParams.get('expires') ?? '',
      signature: url.searchParams.get('signature') ?? '',
    };
    expect(objects.links.check('a/b c.txt', signed)).toBe('valid');
    expect(objects.links.check('a/b', signed)).toBe('wrong');
    expect(objects.links.check('a/b c.txt', { ...signed, expires: `${signed.expires}0` })).toBe('wrong');
    expect(objects.links.check('a/b c.txt', { ...signed, signature: '' })).toBe('wrong');
    clock.advance(61_000);
    expect(objects.links.check('a/b c.txt', signed)).toBe('expired');
  });

  it('works after a restart, as the secret is kept for this user alone', async () => {
    const house = await buildObjects();
    const url = new URL(house.objects.links.urlOf('a') ?? '');
    const signed = {
      expires: url.searchParams.get('expires') ?? '',
      signature: url.searchParams.get('signature') ?? '',
    };
    const objects = await house.reopen();
    expect(objects.links.check('a', signed)).toBe('valid');
    expect(statSync(join(house.dataDir, 'links.secret')).mode & 0o777).toBe(0o600);
  });
});
