import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CODES, FILE_KINDS, type FrameInit } from '@crosscomm/protocol';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it, vi } from 'vitest';
import { digestFile } from '../../src/objects/content/digests.ts';
import type { ObjectStore } from '../../src/objects/contract.ts';
import { appendUpload } from '../../src/objects/uploads/append-upload.ts';
import type { UploadRecord } from '../../src/objects/uploads/record.ts';
import { buildFrameObjects, type Sender } from './frame-objects.ts';
import { body, buildStore, read } from './support.ts';

const KEY = 'cross_comm/uno-1/log/readings.csv';
const APPEND = { type: 'offer', fileId: 0, name: 'log/readings.csv', size: 5, kind: FILE_KINDS.append } as const;

async function append(device: Sender, content: string, fileId: number) {
  device.say({ ...APPEND, fileId, size: content.length, party: fileId % 4 === 0 ? null : 'web-1' });
  return await device.send(fileId, Buffer.from(content));
}

it('what a device appends is in its object of that name, in order, each once', async () => {
  const { device, objects, recipient } = await buildFrameObjects();
  expect(await append(device, 'one\n', 0)).toMatchObject({ type: 'done', key: KEY });
  expect(await append(device, 'two\n', 2)).toMatchObject({ type: 'done', key: KEY });
  // The answer was lost, so it says it again.
  device.say({ ...APPEND, fileId: 2, size: 4, party: 'web-1' });
  expect(await device.next('done')).toMatchObject({ key: KEY });
  expect(await append(device, 'two\n', 4)).toMatchObject({ type: 'done', key: KEY });
  await vi.waitFor(async () => expect(await read(objects.store, KEY)).toBe('one\ntwo\ntwo\n'));
  expect(await objects.store.head(KEY)).toMatchObject({ isAppendable: true, metadata: { from: 'uno-1' } });
  expect(recipient.received).toEqual([]);
});

it('a device that was reset appends anew, and goes on with nothing that was left', async () => {
  const { house, start, connect, device } = await buildFrameObjects();
  device.say({ ...APPEND, size: 1000 });
  expect(await device.send(0, Buffer.alloc(1000, 'x'), 600)).toMatchObject({ type: 'want', offset: 600 });
  const objects = await house.reopen();
  house.hub.leave(house.hub.session('uno-1') as never, 'closed');
  const again = connect(start(objects), { bootId: 99 });
  again.say({ ...APPEND, size: 1000 });
  expect(await again.next('want')).toMatchObject({ offset: 0 });
});

it.each<[string, FrameInit, number]>([
  ['to another client’s object', { ...APPEND, name: '../web-1/log' }, CODES.name_invalid],
  ['to no name', { ...APPEND, name: 'log/' }, CODES.name_invalid],
  ['to what was written whole', { ...APPEND, name: 'whole' }, CODES.name_invalid],
])('an append %s is refused before it comes', async (_what, offer, code) => {
  const { device, objects } = await buildFrameObjects();
  await objects.store.write('cross_comm/uno-1/whole', body('whole'));
  device.say(offer);
  expect(await device.next('cancel', 'want')).toMatchObject({ type: 'cancel', code });
});

it('an upload is appended once, whenever the gateway is killed', async () => {
  const { store } = await buildStore();
  await store.append(KEY, body('before\n'));
  const path = join(await temporaryFolder(), 'data');
  await writeFile(path, 'one\n');
  const digests = await digestFile(path, 4, { withMd5: false });
  let record = { id: '1', key: KEY, name: 'log', kind: 'file', from: 'uno-1', digests } as UploadRecord;
  const parts = (append: ObjectStore['append']) => ({
    uploads: {
      update: async (_record: UploadRecord, change: Partial<UploadRecord>) => {
        record = { ...record, ...change };
        return record;
      },
    } as never,
    spool: { dataPath: () => path } as never,
    store: { head: store.head.bind(store), append },
    maxObjectBytes: 1000,
  });
  const killed = (): Promise<never> => Promise.reject(new Error('killed'));
  await expect(appendUpload(record, parts(killed))).rejects.toThrow('killed');
  // Another got ahead of it.
  await store.append(KEY, body('else\n'));
  const whole = store.append.bind(store);
  const dies: ObjectStore['append'] = async (...args) => whole(...args).then(killed);
  await expect(appendUpload(record, parts(dies))).rejects.toThrow('killed');
  await store.append(KEY, body('later\n'));
  await appendUpload(record, parts(whole));
  expect(await read(store, KEY)).toBe('before\nelse\none\nlater\n');
});
