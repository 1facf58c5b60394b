import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { buildWebObjects, put } from './objects/objects-server.ts';

async function withImage() {
  const house = await buildWebObjects();
  const create = { width: 16, height: 8, channels: 3, background: 'teal' } as const;
  const { body } = await put(`${house.url}/objects/a.png`, await sharp({ create }).png().toBuffer());
  await vi.waitFor(() => expect(house.objects.counts().waiting).toBe(0));
  return { ...house, key: body.key, address: `${house.url}/objects/${body.key}` };
}

describe.each([
  ['an object', ''],
  ['an image that is made of it', '?width=8&format=rgb565'],
])('%s', (_what, query) => {
  it.each([
    [{ 'if-none-match': 'ETAG' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"x", W/ETAG' }, 304],
    [{ 'if-none-match': '"x"' }, 200],
    [{ 'if-match': 'ETAG' }, 200],
    [{ 'if-match': '"x"' }, 412],
    [{ 'if-modified-since': 'DATE' }, 304],
    [{ range: 'bytes=1-2', 'if-range': 'ETAG' }, 206],
    [{ range: 'bytes=1-2', 'if-range': '"x"' }, 200],
    [{ range: 'bytes=1-2', 'if-range': 'W/ETAG' }, 200],
    [{ range: 'bytes=1-2', 'if-range': 'DATE' }, 206],
    [{ range: 'bytes=99999-', 'if-range': '"x"' }, 200],
  ] as const)('is answered to %j with %d', async (headers, status) => {
    const { address } = await withImage();
    const first = await fetch(address + query);
    const whole = await first.arrayBuffer();
    const fill = (value: string): string =>
      value.replace('ETAG', first.headers.get('etag') ?? '').replace('DATE', first.headers.get('last-modified') ?? '');
    const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]));
    const answer = await fetch(address + query, { headers: filled });
    const { byteLength } = await answer.arrayBuffer();
    expect(answer.status).toBe(status);
    if (status < 400) expect(answer.headers.get('etag')).toBe(first.headers.get('etag'));
    if (status === 200 || status === 206) expect(byteLength).toBe(status === 206 ? 2 : whole.byteLength);
  });
});

it('an image that the client has is not made again', async () => {
  const { address, objects } = await withImage();
  const etag = (await fetch(`${address}?width=8`)).headers.get('etag') ?? '';
  const get = vi.spyOn(objects.images, 'get');
  expect((await fetch(`${address}?width=8`, { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect(get).not.toHaveBeenCalled();
});

it.each(['', '?width=8'])('a small object that the disk has damaged is said to be so: %s', async (query) => {
  const { address, dataDir } = await withImage();
  const folder = join(dataDir, 'objects');
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((each) => each.isFile());
  for (const { name, parentPath } of names.filter((each) => !each.name.endsWith('.json'))) {
    const content = await readFile(join(parentPath, name));
    content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
    await writeFile(join(parentPath, name), content);
  }
  const answer = await fetch(address + query);
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('etag')]).toEqual([
    500,
    'application/json; charset=utf-8',
    null,
  ]);
  expect(await answer.json()).toMatchObject({ error: { code: 'OBJECTS_DAMAGED' } });
});
