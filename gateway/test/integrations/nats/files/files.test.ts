import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { TRUSTED } from '../../../../src/objects/elsewhere.ts';
import { MemoryBus, type Place, placesOf } from './support.ts';

const SOON = { timeout: 20_000, interval: 5 };
const BIG = randomBytes(3_000_001);
const BLOCK = 512 * 1024;
let bus: MemoryBus;
let folder: string;
let hall: Place;
let attic: Place;
let kitchen: Place;

beforeEach(async () => {
  bus = new MemoryBus();
  folder = await temporaryFolder();
  const cache = { folder, maxBytes: 20_000_000 };
  ({ hall, attic, kitchen } = await placesOf(bus, ['hall', 'attic', 'kitchen'], cache));
});

async function read(place: Place, key: string, range?: { start: number; end: number }): Promise<Buffer | undefined> {
  const opened = await place.elsewhere.open(key, range, TRUSTED);
  return opened && (await buffer(opened.stream));
}

test('an object of another gateway is read as it is, with what is known of it', async () => {
  const info = hall.objects.put('a/big', BIG, {
    ...{ crc32: crc32(BIG), crc64: '12', sha256: 'ab', headers: { 'cache-control': 'no-store' }, to: 'lamp' },
    ...{ kind: 'image', fileName: 'big.png', checksum: { name: 'crc32c', value: 'AA==' } },
  });
  expect(await attic.elsewhere.head('a/big', TRUSTED)).toEqual(info);
  const opened = await attic.elsewhere.open('a/big', undefined, TRUSTED);
  expect(opened?.info).toEqual(info);
  expect((await buffer(opened?.stream as never)).equals(BIG)).toBe(true);
  expect(hall.objects.open).toBe(0);
});

test('any part of any object is read as it is', async () => {
  const sizes = fc.oneof(
    fc.nat(5),
    fc.integer({ min: BLOCK - 2, max: BLOCK + 2 }),
    fc.integer({ min: 0, max: 1_200_000 }),
  );
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, one, other) => {
      const content = BIG.subarray(0, size);
      hall.objects.put('part', content);
      if (size === 0) {
        expect(await read(attic, 'part')).toHaveLength(0);
        return;
      }
      const [start, end] = [one % size, other % size].sort((a, b) => a - b) as [number, number];
      const got = await read(attic, 'part', { start, end });
      expect(got?.equals(content.subarray(start, end + 1))).toBe(true);
    }),
    { numRuns: 30 },
  );
  expect(hall.objects.open).toBe(0);
});

test('nothing is read of what is not at any gateway, and each is asked once', async () => {
  expect(await attic.elsewhere.head('nothing', TRUSTED)).toBeUndefined();
  expect(bus.asked).toBe(2);
  expect(await attic.elsewhere.open('nothing', undefined, TRUSTED)).toBeUndefined();
});

test('of two of one key the later one counts, at every gateway', async () => {
  hall.objects.put('same', Buffer.from('older'), { modifiedMs: 5 });
  kitchen.objects.put('same', Buffer.from('later'), { modifiedMs: 6 });
  expect(String(await read(attic, 'same'))).toBe('later');
});

test('after a cut the later one counts, whoever was known to have the key before, or told of it', async () => {
  hall.objects.put('plan', Buffer.from('older'), { modifiedMs: 5 });
  expect(String(await read(attic, 'plan'))).toBe('older');
  kitchen.objects.put('plan', Buffer.from('later'), { modifiedMs: 6 });
  expect(String(await read(attic, 'plan'))).toBe('older');
  attic.files.doubt();
  expect(String(await read(attic, 'plan'))).toBe('later');
  // What was told in a cut comes in any order.
  attic.files.noteTold('plan', 'hall');
  expect(String(await read(attic, 'plan'))).toBe('later');
  kitchen.objects.objects.delete('plan');
  hall.objects.objects.delete('plan');
  attic.files.doubt();
  expect(await attic.elsewhere.head('plan', TRUSTED)).toBeUndefined();
});

test('a reader who takes nothing has some blocks wait for it, and no more', async () => {
  hall.objects.put('big', BIG);
  const opened = await attic.elsewhere.open('big', undefined, TRUSTED);
  opened?.stream.once('readable', () => {});
  await expect.poll(() => hall.objects.pulled, SOON).toBeGreaterThan(BLOCK);
  await new Promise((resolve) => setImmediate(resolve));
  expect(hall.objects.pulled).toBeLessThanOrEqual(BIG.length / 2);
  opened?.stream.destroy();
  await expect.poll(() => hall.objects.open, SOON).toBe(0);
});

test('many readers share what may wait, and all come to their end', async () => {
  hall.objects.put('big', BIG);
  const all = await Promise.all(Array.from({ length: 50 }, () => read(attic, 'big')));
  expect(all.every((content) => content?.equals(BIG))).toBe(true);
  // What is read for a copy is a reader, too, and may be read for longer than the others.
  expect(bus.most).toBeLessThanOrEqual(51 + 32 + 51);
  await expect.poll(() => hall.objects.open, SOON).toBe(0);
});

test('one too many readers is told so', async () => {
  hall.objects.put('big', BIG);
  const open = () => attic.elsewhere.open('big', undefined, TRUSTED);
  const all = await Promise.all(Array.from({ length: 64 }, open));
  await expect(open()).rejects.toMatchObject({ code: 'unavailable' });
  for (const opened of all) opened?.stream.destroy();
  await expect.poll(() => hall.objects.open, SOON).toBe(0);
  expect((await read(attic, 'big'))?.equals(BIG)).toBe(true);
});

test('an account that may not read there is refused, with the name of the gateway', async () => {
  hall.objects.put('secret', BIG);
  const who = { account: 'stranger' };
  const refused = { code: 'not_allowed', message: expect.stringContaining('hall') };
  await expect(attic.elsewhere.head('secret', who)).rejects.toMatchObject(refused);
  await expect(attic.elsewhere.open('secret', undefined, who)).rejects.toMatchObject(refused);
  expect(await attic.elsewhere.list({ prefix: 's', limit: 9 }, who)).toMatchObject({ objects: expect.any(Array) });
});

test('what is known to be at a gateway that is away is said to be there', async () => {
  attic.files.noteTold('late', 'hall');
  hall.objects.put('late', BIG);
  bus.served.delete('cc.f.hall');
  const away = { code: 'unavailable', message: expect.stringMatching(/late is at the gateway hall, which is away/) };
  await expect(attic.elsewhere.head('late', TRUSTED)).rejects.toMatchObject(away);
  await expect(attic.elsewhere.open('late', undefined, TRUSTED)).rejects.toMatchObject(away);
  bus.isUp = false;
  await expect(attic.elsewhere.head('late', TRUSTED)).rejects.toMatchObject(away);
  // Of what nobody told of, nobody knows that it is anywhere.
  expect(await attic.elsewhere.head('other', TRUSTED)).toBeUndefined();
});

test('what is gone at the gateway that had it is not there any more', async () => {
  hall.objects.put('gone', BIG);
  expect(await attic.elsewhere.head('gone', TRUSTED)).toBeDefined();
  hall.objects.objects.delete('gone');
  expect(await attic.elsewhere.open('gone', undefined, TRUSTED)).toBeUndefined();
  expect(await attic.elsewhere.head('gone', TRUSTED)).toBeUndefined();
});

test('a gateway that is lost in the middle is asked to go on where it was', async () => {
  hall.objects.put('big', BIG);
  let left = 6;
  bus.before = () => {
    left--;
    if (left === 0) bus.silent.add('cc.f.hall');
    if (left === -4) bus.silent.clear();
  };
  expect((await read(attic, 'big'))?.equals(BIG)).toBe(true);
});

test('what is replaced in the middle of a break ends with an error, and never with a part of each', async () => {
  hall.objects.put('big', BIG);
  let left = 6;
  let again: Promise<unknown> | undefined;
  bus.before = () => {
    left--;
    if (left !== 0) return;
    const stopped = hall.files.stop();
    hall.objects.put('big', Buffer.from('other'));
    again = stopped.then(() => hall.files.share(hall.objects.own));
  };
  await expect(read(attic, 'big')).rejects.toMatchObject({ message: expect.stringContaining('replaced') });
  await again;
});

test('what is read again is copied, read from the copy, and still when its gateway is away', async () => {
  hall.objects.put('again', BIG, { crc32: crc32(BIG) });
  await read(attic, 'again');
  expect(attic.files.state.copiesBytes).toBe(0);
  await read(attic, 'again');
  await expect.poll(() => attic.files.state.copiesBytes, SOON).toBe(BIG.length);
  const { pulled } = hall.objects;
  expect((await read(attic, 'again'))?.equals(BIG)).toBe(true);
  expect((await read(attic, 'again', { start: 10, end: 19 }))?.equals(BIG.subarray(10, 20))).toBe(true);
  expect(hall.objects.pulled).toBe(pulled);
  bus.isUp = false;
  expect((await read(attic, 'again'))?.equals(BIG)).toBe(true);
  // Whom the other gateway was never asked about gets nothing while it cannot be.
  await expect(attic.elsewhere.open('again', undefined, { account: 'new' })).rejects.toThrow('away');
});

test.each([0, 1, 4])('a gateway that stops lets go of a copy, however far it is: after %i answers', async (answers) => {
  hall.objects.put('again', BIG);
  await read(attic, 'again');
  const opened = await attic.elsewhere.open('again', undefined, TRUSTED);
  const serve = bus.served.get('cc.f.hall');
  let isAsked = (): void => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  let left = answers;
  bus.served.set('cc.f.hall', (payload) => {
    if (left-- > 0) return serve?.(payload);
    isAsked();
    return new Promise(() => {});
  });
  await asked;
  await attic.files.stop();
  expect([readdirSync(`${folder}/attic`), attic.files.state.copiesBytes]).toEqual([[], 0]);
  opened?.stream.destroy();
});

test('a copy is not used of what was replaced or removed', async () => {
  hall.objects.put('again', BIG);
  for (let times = 0; times < 2; times++) await read(attic, 'again');
  await expect.poll(() => attic.files.state.copiesBytes, SOON).toBe(BIG.length);
  hall.objects.put('again', Buffer.from('new'));
  expect(String(await read(attic, 'again'))).toBe('new');
  expect(attic.files.state.copiesBytes).toBe(0);
  hall.objects.objects.delete('again');
  expect(await read(attic, 'again')).toBeUndefined();
});

test('copies take no more room than they may, and those used last stay', async () => {
  for (const key of ['one', 'two', 'three', 'four', 'five', 'six', 'seven']) {
    hall.objects.put(key, BIG);
    const isCopied = async () => {
      const { pulled } = hall.objects;
      await read(attic, key);
      return hall.objects.pulled === pulled;
    };
    await expect.poll(isCopied, SOON).toBe(true);
    await read(attic, 'one');
  }
  expect(attic.files.state.copiesBytes).toBe(6 * BIG.length);
  const { pulled } = hall.objects;
  await read(attic, 'one');
  expect(hall.objects.pulled).toBe(pulled);
  // A quarter of the room is the most for one.
  hall.objects.put('large', Buffer.alloc(5_000_001));
  for (let times = 0; times < 3; times++) await read(attic, 'large');
  expect(attic.files.state.copiesBytes).toBe(6 * BIG.length);
});

test('what arrives damaged is not kept', async () => {
  hall.objects.put('damaged', BIG, { crc32: 1 });
  for (let times = 0; times < 2; times++) await read(attic, 'damaged');
  await expect.poll(() => hall.objects.open, SOON).toBe(0);
  expect(attic.files.state.copiesBytes).toBe(0);
});

test('the list of a folder comes from the gateway that has it', async () => {
  const folder = 'cross_comm/cam/1_0123abcd_folder/';
  hall.objects.put(`${folder}a.txt`, Buffer.from('a'));
  const page = await attic.elsewhere.list({ prefix: folder, limit: 10 }, TRUSTED);
  expect(page.objects.map(({ key }) => key)).toEqual([`${folder}a.txt`]);
});
