import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ObjectError } from '../../src/objects/contract.ts';
import type { Objects } from '../../src/objects/objects.ts';
import type { UploadRequest } from '../../src/objects/uploads/record.ts';
import { begin, buildObjects, FlakyStore, put, Recipient } from './objects-house.ts';
import { read } from './support.ts';

const KEY = 'cross_comm/anna/1795476531059_6ad035a5_folder/';

/** Uploads a file of the folder. */
function putPart(objects: Objects, path: string, request: Partial<UploadRequest> = {}) {
  return put(objects, path, { name: path, key: `${KEY}${path}`, ...request });
}

/** Says that the folder is complete. */
function putFolder(objects: Objects, request: Partial<UploadRequest> = {}) {
  return put(objects, '', { name: 'Fotos', kind: 'folder', key: KEY, to: 'bert', ...request });
}

async function buildWithBert(openStore?: FlakyStore['open']) {
  const house = await buildObjects({ openStore });
  const bert = new Recipient('bert');
  house.hub.join(bert);
  return { ...house, house, bert };
}

describe('a folder', () => {
  it('is told of with its key, and where its list is, and is no object in the store', async () => {
    const { objects, bert, dataDir } = await buildWithBert();
    await putPart(objects, 'deep/a.txt');
    expect(await putFolder(objects)).toMatchObject({ key: KEY, size: 0 });
    const message = await bert.next();
    expect(message).toMatchObject({
      from: 'anna',
      kind: 'folder',
      body: 'Fotos',
      objectKey: KEY,
      objectSize: undefined,
    });
    expect(message.objectUrl).toContain(`http://gateway:9898/objects?prefix=${encodeURIComponent(KEY)}&expires=`);
    expect((await objects.store.list({ limit: 10 })).objects.map(({ key }) => key)).toEqual([`${KEY}deep/a.txt`]);
    expect(bert.received).toHaveLength(1);
    await objects.close();
    expect(readdirSync(join(dataDir, 'spool'))).toEqual(['failed']);
  });

  it('waits for a file that is still coming', async () => {
    const { objects, bert } = await buildWithBert();
    const late = await begin(objects, { name: 'late.txt', key: `${KEY}late.txt` });
    await putPart(objects, 'a.txt');
    await putFolder(objects);
    await put(objects, 'other', { to: 'bert', name: 'other.txt' });
    expect(await bert.next()).toMatchObject({ body: 'other.txt' });
    await vi.waitFor(() => expect(objects.uploads.inState('accepted')).toMatchObject([{ kind: 'folder' }]));
    await late.append(Buffer.from('late'));
    await late.finish();
    expect(await bert.next()).toMatchObject({ kind: 'folder' });
    expect(await read(objects.store, `${KEY}late.txt`)).toBe('late');
  });

  it.each(['is given up', 'is dropped'])('waits no longer for a file that %s', async (what) => {
    const { objects, bert } = await buildWithBert();
    const left = await begin(objects, { name: 'left.txt', key: `${KEY}left.txt`, token: 't1' });
    await putFolder(objects);
    expect(bert.received).toEqual([]);
    if (what === 'is given up') await left.discard();
    else await objects.drop(left.record.id);
    expect(await bert.next()).toMatchObject({ kind: 'folder' });
  });

  it('waits while the store is away, is not among what can be read, and is told of once it is back', async () => {
    const store = new FlakyStore();
    store.fault = new ObjectError('unavailable', 'The store is away.');
    const { objects, bert, clock } = await buildWithBert(store.open);
    for (const path of ['a.txt', 'b/c.txt']) await putPart(objects, path);
    await putFolder(objects);
    await store.askedFor(1);
    expect((await objects.store.list({ prefix: KEY, limit: 10 })).objects).toHaveLength(2);
    expect(await objects.store.head(KEY)).toBeUndefined();
    expect(await objects.store.open(KEY)).toBeUndefined();
    store.fault = undefined;
    clock.advance(300_000);
    expect(await bert.next()).toMatchObject({ objectKey: KEY });
    await vi.waitFor(() => expect(objects.counts()).toMatchObject({ waiting: 0, fault: null }));
  });

  it('is told of after a crash of the gateway, once, though its sender asks again', async () => {
    const store = new FlakyStore();
    store.fault = new ObjectError('unavailable', 'The store is away.');
    const { house, bert } = await buildWithBert(store.open);
    await putPart(house.objects, 'a.txt', { token: 'p1' });
    const accepted = await putFolder(house.objects, { token: 'f1' });
    await store.askedFor(1);
    store.fault = undefined;
    const objects = await house.reopen();
    expect(await bert.next()).toMatchObject({ objectKey: KEY });
    await vi.waitFor(() => expect(objects.counts().waiting).toBe(0));
    const again = { from: 'anna', name: 'Fotos', kind: 'folder', key: KEY, to: 'bert', token: 'f1' } as const;
    expect(await objects.uploads.begin(again)).toEqual({ accepted });
    expect(bert.received).toHaveLength(1);
  });

  it('fails with a file of it, and can be tried again after that', async () => {
    const store = new FlakyStore();
    store.fault = new ObjectError('too_large', 'The store takes no such thing.');
    const { objects, bert } = await buildWithBert(store.open);
    await putPart(objects, 'deep/a.txt');
    await putFolder(objects);
    await vi.waitFor(() => expect(objects.counts().failed).toBe(2));
    const [part, folder] = objects.uploads.inState('failed').toSorted((one, other) => one.number - other.number);
    expect(folder?.reason).toBe('Its file deep/a.txt has failed: The store takes no such thing.');
    await objects.retry(folder?.id ?? '');
    await vi.waitFor(() => expect(objects.counts()).toMatchObject({ waiting: 0, failed: 2 }));
    store.fault = undefined;
    await objects.retry(part?.id ?? '');
    await objects.retry(folder?.id ?? '');
    expect(await bert.next()).toMatchObject({ objectKey: KEY });
    expect(await read(objects.store, `${KEY}deep/a.txt`)).toBe('deep/a.txt');
  });

  it('has no content', async () => {
    const { objects } = await buildWithBert();
    const folder = { kind: 'folder', key: KEY } as const;
    await expect(begin(objects, { ...folder, size: 1 })).rejects.toMatchObject({ code: 'wrong_size' });
    const upload = await begin(objects, folder);
    await expect(upload.append(Buffer.from('x'))).rejects.toMatchObject({ code: 'wrong_size' });
  });

  it('is one of at most so many of a client that wait', async () => {
    const { objects } = await buildObjects({ uploads: { maxReceiving: 20 } });
    await begin(objects, { name: 'left.txt', key: `${KEY}left.txt` });
    const put = await Promise.allSettled(Array.from({ length: 10_000 }, () => putFolder(objects)));
    expect(put.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    expect(objects.uploads.inState('accepted')).toHaveLength(4);
  });
});
