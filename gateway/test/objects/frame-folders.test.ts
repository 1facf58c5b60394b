import { CODES, FILE_KINDS, type FrameInit } from '@crosscomm/protocol';
import { expect, it, vi } from 'vitest';
import { buildFrameObjects, Sender } from './frame-objects.ts';
import { read } from './support.ts';

const FOLDER = '1795476531059_6ad035a5_folder';
const KEY = `cross_comm/uno-1/${FOLDER}/`;
const PART = { type: 'offer', fileId: 0, name: 'a.txt', size: 1, kind: FILE_KINDS.part, party: FOLDER } as const;
const WHOLE = {
  type: 'offer',
  fileId: 2,
  name: `${FOLDER}/Fotos`,
  size: 0,
  kind: FILE_KINDS.folder,
  party: 'web-1',
} as const;

/** Sends a file of the folder; what the gateway says at the end. */
async function sendPart(device: Sender, name: string, content: string, fileId = 0) {
  device.say({ ...PART, fileId, name, size: content.length });
  return await device.send(fileId, Buffer.from(content));
}

it('a folder of a device is in the store below one key, and whom it is for is told of it', async () => {
  const { device, recipient, objects } = await buildFrameObjects();
  for (const [index, name] of ['a.txt', 'deep/er/a.txt'].entries()) {
    const done = await sendPart(device, name, name.repeat(100), 10 + 2 * index);
    expect(done).toMatchObject({ type: 'done', key: `${KEY}${name}` });
  }
  device.say(WHOLE);
  expect(await device.send(WHOLE.fileId, Buffer.alloc(0))).toMatchObject({ type: 'done', key: KEY });
  expect(await recipient.next()).toMatchObject({ from: 'uno-1', kind: 'folder', body: 'Fotos', objectKey: KEY });
  expect(recipient.received).toHaveLength(1);
  expect(await read(objects.store, `${KEY}deep/er/a.txt`)).toBe('deep/er/a.txt'.repeat(100));
});

it('a device that was reset goes on with the file of the same path, and no other of the same name', async () => {
  const { house, start, connect, device } = await buildFrameObjects();
  const content = 'x'.repeat(1000);
  device.say({ ...PART, name: 'one/a.txt', size: content.length });
  expect(await device.send(0, Buffer.from(content), 600)).toMatchObject({ type: 'want', offset: 600 });
  const objects = await house.reopen();
  house.hub.leave(house.hub.session('uno-1') as never, 'closed');
  const again = connect(start(objects), { bootId: 99 });
  again.say({ ...PART, name: 'two/a.txt', size: content.length });
  expect(await again.next('want')).toMatchObject({ offset: 0 });
  again.say({ ...PART, fileId: 4, name: 'one/a.txt', size: content.length });
  expect(await again.next('want')).toMatchObject({ offset: 600 });
});

it.each<[string, FrameInit, number]>([
  ['a file that leads out of it', { ...PART, name: '../../web-1/a' }, CODES.name_invalid],
  ['a file that leads out of it for Windows', { ...PART, name: 'a\\..\\..\\b' }, CODES.name_invalid],
  ['a file at the root of a disk', { ...PART, name: '/etc/passwd' }, CODES.name_invalid],
  ['a file without a name', { ...PART, name: 'a/' }, CODES.name_invalid],
  ['NUL in the path of a file', { ...PART, name: 'a\0/b' }, CODES.name_invalid],
  ['a file of no folder', { ...PART, party: 'web-1' }, CODES.name_invalid],
  ['a file of all', { ...PART, party: null }, CODES.name_invalid],
  ['a file of a channel’s number', { ...PART, party: 3 }, CODES.name_invalid],
  ['a file of another client’s folder', { ...PART, party: `../web-1/${FOLDER}` }, CODES.name_invalid],
  ['a folder name of 10 KB', { ...PART, party: 'x'.repeat(10_240) }, CODES.name_invalid],
  ['a name that is no folder', { ...WHOLE, name: 'Fotos' }, CODES.name_invalid],
  ['a name of another client’s folder', { ...WHOLE, name: `../web-1/${FOLDER}/Fotos` }, CODES.name_invalid],
  ['no name', { ...WHOLE, name: `${FOLDER}/` }, CODES.name_invalid],
  ['the name of a way out', { ...WHOLE, name: `${FOLDER}/..` }, CODES.name_invalid],
  ['content', { ...WHOLE, size: 1 }, CODES.wrong_content],
])('a folder is refused with %s, and nothing is kept', async (_what, offer, code) => {
  const { device, objects } = await buildFrameObjects();
  device.say(offer);
  expect(await device.next('cancel', 'want')).toMatchObject({ type: 'cancel', code });
  expect(objects.counts()).toMatchObject({ receiving: 0, waiting: 0, bytes: 0 });
});

it('a folder of unknown size is refused as soon as content comes', async () => {
  const { device, objects } = await buildFrameObjects();
  device.say({ ...WHOLE, size: null });
  expect(await device.send(WHOLE.fileId, Buffer.from('x'))).toMatchObject({
    type: 'cancel',
    code: CODES.wrong_content,
  });
  await vi.waitFor(() => expect(objects.counts()).toMatchObject({ receiving: 0, waiting: 0, bytes: 0 }));
});

it('a folder is below the prefix of its own client, whatever that is called', async () => {
  const { devices, objects } = await buildFrameObjects();
  const device = new Sender(devices);
  device.greet({ deviceId: '../uno-1', maxFrame: 256 });
  expect(await sendPart(device, 'a.txt', 'mine')).toMatchObject({ key: `cross_comm/..%2Funo-1/${FOLDER}/a.txt` });
  expect((await objects.store.list({ prefix: KEY, limit: 1 })).objects).toEqual([]);
  expect(await read(objects.store, `cross_comm/..%2Funo-1/${FOLDER}/a.txt`)).toBe('mine');
});
