import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ObjectError } from '../../src/objects/contract.ts';
import { begin, buildObjects, FlakyStore, put, Recipient } from './objects-house.ts';
import { body, contentOf, openFiles, read, spooled } from './support.ts';

const AWAY = new ObjectError('unavailable', 'The store is away.');

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
    const fromOneOf = (index: number) => begin(objects, { from: `client-${index % 10}` });
    const begun = await Promise.allSettled(Array.from({ length: 10_000 }, (_, index) => fromOneOf(index)));
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
    expect(readdirSync(dataDir).toSorted()).toEqual(['links.secret', 'objects', 'reserve', 'spool', 'state']);
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

  it.each([1, -1, 8760])('waits as long for its sender where the wall clock steps by %d hours', async (hours) => {
    const { objects, clock } = await buildObjects({ uploads: { idleMs: 600_000 } });
    const left = await begin(objects, request);
    await left.append(Buffer.from('01234'));
    await left.suspend();
    clock.jumpTo(clock.now() + hours * 3_600_000);
    clock.advance(599_000);
    await objects.uploads.expire();
    expect(objects.counts()).toMatchObject({ receiving: 1, bytes: 5 });
    clock.advance(2000);
    await objects.uploads.expire();
    expect(objects.counts()).toMatchObject({ receiving: 0, bytes: 0 });
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

  it.each(['a new one', 'one that was left'])('is not begun where the gateway stops meanwhile: %s', async (which) => {
    const { objects, dataDir } = await buildObjects();
    const isNew = which === 'a new one';
    if (!isNew) await (await begin(objects, request)).suspend();
    const begun = begin(objects, isNew ? {} : request);
    await objects.uploads.close();
    await expect(begun).rejects.toMatchObject({ code: 'stopping' });
    expect(await openFiles(join(dataDir, 'spool'))).toEqual([]);
  });
});
