import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { buildWebObjects, put, sha256, type WebObjects } from './objects-server.ts';

const WHOLE = '01234567890123456789';
const NAME = '/objects/a.bin?from=cam&upload=u1';

function range(start: number, end: number, size: number | '*' = 20): Record<string, string> {
  return { 'content-range': `bytes ${start}-${end}/${size}` };
}

const md5 = (content: string) => ({ 'content-md5': createHash('md5').update(content).digest('base64') });

/** Sends a part whose length is not said before. */
async function putChunked({ port }: WebObjects, content: string, headers: Record<string, string>): Promise<number> {
  const request = httpRequest({ port, method: 'PUT', path: NAME, headers: { ...headers, connection: 'close' } });
  request.write(content.slice(0, 3));
  request.end(content.slice(3));
  const [response] = await once(request, 'response');
  response.resume();
  return response.statusCode;
}

/** Where the upload goes on, and how it ends when the rest of it comes. */
async function goOn({ url }: WebObjects): Promise<[number, string]> {
  const { body } = await put(`${url}${NAME}`, '', { 'content-range': 'bytes */20' });
  const last = await put(`${url}${NAME}`, WHOLE.slice(body.offset), range(body.offset, 19));
  return [body.offset, last.body.sha256];
}

/** An upload of which half is acknowledged. */
async function withHalf(): Promise<WebObjects> {
  const house = await buildWebObjects();
  expect(await put(`${house.url}${NAME}`, WHOLE.slice(0, 10), range(0, 9))).toMatchObject({ status: 202 });
  return house;
}

describe('what was acknowledged of an upload in parts stays', () => {
  it.each([
    ['another size', NAME, 'xy', range(0, 1, 21)],
    ['another size, from where it was', NAME, 'xy', range(10, 11, 12)],
    ['another size, in one part', NAME, 'xyz', {}],
    ['another size, and nothing yet', NAME, '', { 'content-range': 'bytes */30' }],
    ['another name', NAME.replace('a.bin', 'b.bin'), 'xy', range(10, 11)],
    ['another recipient', `${NAME}&to=bert`, 'xy', range(10, 11)],
  ])('where %s is said under its name, which is refused', async (_what, path, content, headers) => {
    const house = await withHalf();
    const { status, body } = await put(`${house.url}${path}`, content, headers);
    expect([status, body.error.code]).toEqual([409, 'PEER_NAME_TAKEN']);
    expect(body.error.message).toContain('10 are here');
    expect(await goOn(house)).toEqual([10, sha256(WHOLE)]);
  });

  it.each([
    ['a Content-MD5 that is not the part’s', 'damaged!!!', { ...range(10, 19), ...md5('x') }],
    ['a Content-MD5 that is none', WHOLE.slice(10), { ...range(10, 19), 'content-md5': 'AAAA' }],
    ['fewer bytes than its Content-Range', '01234', range(10, 19)],
    ['more bytes than its Content-Range', WHOLE.slice(10), range(10, 14)],
    ['a Content-MD5 that is not of what comes again', 'damaged!!!', { ...range(0, 9), ...md5('x') }],
  ])('where a part has %s, which is refused', async (_what, content, headers) => {
    const house = await withHalf();
    const { status, body } = await put(`${house.url}${NAME}`, content, headers);
    expect([status, body.error.code]).toEqual([400, 'PEER_MALFORMED']);
    expect(await goOn(house)).toEqual([10, sha256(WHOLE)]);
  });

  it.each([
    ['fewer bytes than its range', '01234', range(10, 19)],
    ['more bytes than its range', WHOLE.slice(10), range(10, 14)],
    ['more bytes than the upload', `${WHOLE.slice(10)}x`, range(10, 19)],
    ['fewer bytes than what comes again', '01234', range(5, 14)],
  ])('where a part in chunks has %s, which is refused', async (_what, content, headers) => {
    const house = await withHalf();
    expect(await putChunked(house, content, headers)).toBe(400);
    expect(await goOn(house)).toEqual([10, sha256(WHOLE)]);
  });
});

it('a part with its right Content-MD5 is taken, also again, and in chunks', async () => {
  const house = await withHalf();
  const again = { ...range(5, 14), ...md5(WHOLE.slice(5, 15)) };
  expect((await put(`${house.url}${NAME}`, WHOLE.slice(5, 15), again)).body).toEqual({ offset: 15 });
  expect(await putChunked(house, WHOLE.slice(15), range(15, 19))).toBe(201);
});

it('a large part that is to be checked, of what is here already, is told where to go on', async () => {
  const { url } = await buildWebObjects();
  const content = 'x'.repeat(300_000);
  await put(`${url}${NAME}`, content, range(0, 299_999, 300_001));
  const again = await put(`${url}${NAME}`, content, { ...range(0, 299_999, 300_001), ...md5(content) });
  expect([again.status, again.body.offset]).toEqual([409, 300_000]);
});

it('an upload whose parts came without its size keeps to the size it is told then', async () => {
  const { url } = await buildWebObjects();
  await put(`${url}${NAME}`, '01234', range(0, 4, '*'));
  expect((await put(`${url}${NAME}`, '5', range(5, 5, 20))).status).toBe(202);
  expect((await put(`${url}${NAME}`, '6', range(6, 6, 7))).status).toBe(409);
  expect((await put(`${url}${NAME}`, '', { 'content-range': 'bytes */3' })).status).toBe(409);
});

it('an upload of which nothing is acknowledged may become another', async () => {
  const { url } = await buildWebObjects();
  await put(`${url}${NAME}`, '', { 'content-range': 'bytes */20' });
  expect((await put(`${url}${NAME}`, 'hello', range(0, 4, 5))).status).toBe(201);
});
