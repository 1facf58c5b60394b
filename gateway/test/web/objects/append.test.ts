import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { body, read } from '../../objects/support.ts';
import { buildWebObjects } from './objects-server.ts';

const KEY = 'cross_comm/logger/log.csv';

async function append(url: string, content: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url, { method: 'PUT', body: content, headers });
  const body = (await answer.json()) as {
    key: string;
    position: number;
    next: number;
    crc64: string;
    url: string;
    error: { code: string; message: string };
  };
  return { status: answer.status, offset: answer.headers.get('upload-offset'), body };
}

describe('PUT /objects/KEY?append', () => {
  it('makes the object and goes on with it, and tells where the next one goes', async () => {
    const { url, objects } = await buildWebObjects();
    const at = `${url}/objects/${KEY}?append`;
    const first = await append(at, 'one\n', { 'content-type': 'text/csv' });
    expect(first).toMatchObject({ status: 201, offset: '4', body: { key: KEY, position: 0, next: 4 } });
    const second = await append(`${at}&position=4`, 'two\n');
    expect(second).toMatchObject({ status: 200, offset: '8', body: { position: 4, next: 8 } });
    const info = await objects.store.head(KEY);
    expect(info).toMatchObject({ contentType: 'text/csv', metadata: { name: 'log.csv', from: 'logger' } });
    expect(second.body.crc64).toBe(info?.crc64);
    const got = await fetch(second.body.url);
    expect([got.headers.get('content-type'), await got.text()]).toEqual(['text/csv', 'one\ntwo\n']);
  });

  it('answers what is repeated at its position as before, and does not double it', async () => {
    const { url, objects } = await buildWebObjects();
    const at = (position: number): string => `${url}/objects/${KEY}?append&position=${position}`;
    await append(at(0), 'one\n');
    await append(at(4), 'two\n');
    expect(await append(at(4), 'two\n')).toMatchObject({ status: 200, body: { position: 4, next: 8 } });
    expect(await append(at(4), 'TWO\n')).toMatchObject({ status: 409, offset: '8', body: { error: {} } });
    expect(await append(at(9), 'x')).toMatchObject({ status: 409, offset: '8' });
    expect(await read(objects.store, KEY)).toBe('one\ntwo\n');
  });

  it('appends nothing that is not as announced, nor to what was uploaded whole', async () => {
    const { url, objects } = await buildWebObjects();
    const at = `${url}/objects/${KEY}?append`;
    await append(at, 'one');
    const md5 = createHash('md5').update('other').digest('base64');
    expect((await append(at, 'two', { 'content-md5': md5 })).status).toBe(400);
    expect(await read(objects.store, KEY)).toBe('one');
    await objects.store.write('cross_comm/logger/whole', body('whole'));
    expect(await append(`${url}/objects/cross_comm/logger/whole?append`, 'x')).toMatchObject({
      status: 409,
      body: { error: { code: 'PEER_NAME_TAKEN' } },
    });
  });

  it.each([
    ['a recipient', `${KEY}?append&to=lab`, {}, 400],
    ['a position that is none', `${KEY}?append&position=-1`, {}, 400],
    ['a part of an upload', `${KEY}?append`, { 'content-range': 'bytes 0-2/3' }, 400],
    ['the object of another client', `${KEY}?append&from=other`, {}, 403],
    ['a key outside of those of clients', 'logs/log.csv?append', {}, 403],
  ])('refuses an append with %s', async (_what, path, headers, status) => {
    const { url, objects } = await buildWebObjects();
    const answer = await append(`${url}/objects/${path}`, 'one', headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect((await objects.store.list({ limit: 1 })).objects).toEqual([]);
  });
});
