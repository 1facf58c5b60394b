import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { CAPABILITIES, CODES, type FrameInit } from '@crosscomm/protocol';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { Objects } from '../../src/objects/objects.ts';
import { buildFrameObjects, CHUNK, Sender } from './frame-objects.ts';

const BYTES = randomBytes(5_000);
const OFFER = { type: 'offer', fileId: 0, name: 'log.bin', size: BYTES.length, party: 'web-1' } as const;

async function contentOf({ store }: Objects, key: string | undefined): Promise<Buffer | undefined> {
  const opened = await store.open(key ?? '');
  return opened && buffer(opened.stream);
}

it('a file of a device is in the store, and whom it is for is told', async () => {
  const { device, recipient, objects } = await buildFrameObjects();
  device.say(OFFER);
  const done = await device.send(0, BYTES);
  expect(done).toMatchObject({ type: 'done', key: expect.stringMatching(/^cross_comm\/uno-1\/.*\.bin$/) });
  const message = await recipient.next();
  expect(message).toMatchObject({
    from: 'uno-1',
    kind: 'file',
    body: 'log.bin',
    objectKey: (done as { key: string }).key,
  });
  expect(await contentOf(objects, message.objectKey)).toEqual(BYTES);
});

it('a device that was reset while the gateway was killed goes on where the disk is', async () => {
  const { house, start, connect, device, recipient } = await buildFrameObjects();
  device.say(OFFER);
  expect(await device.send(0, BYTES, 2_000)).toMatchObject({ type: 'want', offset: 2_000 });
  const objects = await house.reopen();
  house.hub.leave(house.hub.session('uno-1') as never, 'closed');
  const again = connect(start(objects), { bootId: 99 });
  again.say({ ...OFFER, fileId: 40 });
  expect(await again.next('want')).toMatchObject({ offset: 2_000 });
  again.say({ ...OFFER, fileId: 40 });
  await again.send(40, BYTES);
  expect(await contentOf(objects, (await recipient.next()).objectKey)).toEqual(BYTES);
});

it('a file whose answer was lost with the gateway is taken once', async () => {
  const { house, start, connect, device, recipient } = await buildFrameObjects();
  device.say(OFFER);
  const { key } = (await device.send(0, BYTES)) as { key: string };
  await recipient.next();
  await house.objects.close();
  const objects = await house.reopen();
  house.hub.leave(house.hub.session('uno-1') as never, 'closed');
  const again = connect(start(objects));
  again.say(OFFER);
  expect(await again.next('done', 'want')).toMatchObject({ type: 'done', key });
  expect((await objects.store.list({ limit: 10 })).objects).toHaveLength(1);
});

it('of a file that is not what was said nothing is left, and it may come again', async () => {
  const { device, recipient, objects } = await buildFrameObjects();
  device.say({ ...OFFER, crc32: 1 });
  expect(await device.send(0, BYTES)).toMatchObject({ type: 'cancel', code: CODES.wrong_content });
  device.say(OFFER);
  expect(await device.next('want')).toMatchObject({ offset: 0 });
  device.say(OFFER);
  await device.send(0, BYTES);
  expect(await contentOf(objects, (await recipient.next()).objectKey)).toEqual(BYTES);
  expect((await objects.store.list({ limit: 10 })).objects).toHaveLength(1);
});

it('a name that leads elsewhere leads nowhere', async () => {
  const { device, recipient } = await buildFrameObjects();
  device.say({ ...OFFER, name: '../../etc/cron.d/x' });
  await device.send(0, BYTES);
  const message = await recipient.next();
  expect([message.body, message.objectKey]).toEqual([
    'x',
    expect.stringMatching(/^cross_comm\/uno-1\/\d+_[0-9a-f]{8}$/),
  ]);
});

it('ten thousand begins leave four files on the disk', async () => {
  const { device, objects } = await buildFrameObjects();
  const offers = Array.from(
    { length: 10_000 },
    (_, index): FrameInit => ({ ...OFFER, fileId: 2 * index, name: `${index}` }),
  );
  device.say(...offers);
  let wants = 0;
  // Several may be answered at once.
  await expect
    .poll(() => {
      wants += device.take().filter(({ type }) => type === 'want').length;
      return wants;
    })
    .toBe(4);
  expect(objects.uploads.inState('receiving')).toHaveLength(4);
});

it('a device that is reset all the time leaves no more than eight files behind, the last ones', async () => {
  const { device: first, devices, connect, objects } = await buildFrameObjects();
  first.unplug();
  for (let bootId = 100; bootId < 120; bootId++) {
    const device = connect(devices, { bootId });
    device.say({ ...OFFER, name: `${bootId}` });
    await device.next('want');
    device.unplug();
  }
  const left = objects.uploads.inState('receiving').map(({ name }) => name);
  expect(left).toEqual(Array.from({ length: 9 }, (_, index) => `${111 + index}`));
});

it('a photo is offered to a device, and comes in the format of its display', async () => {
  const { device, devices } = await buildFrameObjects();
  const create = { width: 64, height: 48, channels: 3, background: 'red' } as const;
  const photo = await sharp({ create }).jpeg().toBuffer();
  device.say({ ...OFFER, name: 'red.jpg', kind: 1, size: photo.length, party: 'tft-1' });
  const display = new Sender(devices);
  display.greet({ deviceId: 'tft-1', maxFrame: CHUNK + 15, capabilities: CAPABILITIES.files });
  await device.send(0, photo);
  const offer = await display.next('offer');
  expect(offer).toMatchObject({ name: 'red.jpg', kind: 1, party: 'uno-1', size: photo.length });
  expect(await display.pull(offer)).toEqual(photo);
  const { fileId } = offer as { fileId: number };
  display.say({ type: 'fetch', what: fileId, options: { width: 16, height: 12, fit: null, format: 1 } });
  const smaller = await display.next('offer');
  expect(smaller).toMatchObject({ fileId, size: 16 * 12 * 2 });
  const pixels = await display.pull(smaller);
  expect(pixels.readUInt16LE(0) >> 11).toBe(31);
});
