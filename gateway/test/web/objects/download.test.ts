import { describe, expect, it } from 'vitest';
import { buildWebObjects, put } from './objects-server.ts';

describe('GET /objects/KEY', () => {
  async function withObject() {
    const house = await buildWebObjects();
    const { body } = await put(`${house.url}/objects/a.txt`, '0123456789');
    return { ...house, object: body };
  }

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-100', 206, '89', 'bytes 8-9/10'],
    ['bytes=0-1,3-4', 200, '0123456789', null],
    ['bytes=4-2', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
  ])('answers the range %s', async (range, status, content, contentRange) => {
    const { object } = await withObject();
    const answer = await fetch(object.url, { headers: { range } });
    expect([answer.status, await answer.text(), answer.headers.get('content-range')]).toEqual([
      status,
      content,
      contentRange,
    ]);
  });

  it.each(['bytes=10-', 'bytes=-0'])('answers the range %s, in which there is nothing, with 416', async (range) => {
    const { object } = await withObject();
    const answer = await fetch(object.url, { headers: { range } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    expect(await answer.json()).toMatchObject({ error: { code: 'PEER_MALFORMED' } });
  });

  it('says 304 to whoever has it, and gives the whole of another where a range of this was wanted', async () => {
    const { object } = await withObject();
    const etag = (await fetch(object.url)).headers.get('etag') ?? '';
    expect((await fetch(object.url, { headers: { 'if-none-match': `"x", ${etag}` } })).status).toBe(304);
    const range = 'bytes=0-1';
    expect((await fetch(object.url, { headers: { range, 'if-range': etag } })).status).toBe(206);
    expect((await fetch(object.url, { headers: { range, 'if-range': '"x"' } })).status).toBe(200);
  });

  it('may be read by a page of another origin that has its signed address, also from the middle, and so may the reason why not', async () => {
    const { url, object } = await withObject();
    const wrong = 'expires=1&signature=none';
    for (const address of [object.url, `${url}/objects/nothing?${wrong}`, `${url}/objects?prefix=x&${wrong}`]) {
      const answer = await fetch(address, { headers: { origin: 'http://elsewhere' } });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    }
    const asked = await fetch(object.url, { method: 'OPTIONS', headers: { origin: 'http://elsewhere' } });
    expect([asked.status, asked.headers.get('access-control-allow-headers')]).toEqual([204, 'range, if-range']);
    expect(asked.headers.has('access-control-allow-methods')).toBe(false);
    const written = await fetch(`${url}/objects/a`, {
      method: 'PUT',
      body: 'x',
      headers: { origin: 'http://elsewhere' },
    });
    expect(written.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('tells of it without its content to HEAD', async () => {
    const { object } = await withObject();
    const answer = await fetch(object.url, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '10', '']);
  });

  it.each([
    ['is not there', '/objects/cross_comm/a/b', 404, 'PEER_NOT_FOUND'],
    ['cannot be', '/objects/..%2F..%2Fetc%2Fpasswd', 400, 'PEER_BAD_NAME'],
    ['has NUL in it', '/objects/a%00', 400, 'PEER_BAD_NAME'],
    ['is too long', `/objects/${'x'.repeat(2000)}`, 400, 'PEER_BAD_NAME'],
  ])('answers a key that %s', async (_what, path, status, code) => {
    const { url } = await buildWebObjects();
    const answer = await fetch(`${url}${path}`);
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
  });

  it('refuses a signature that is wrong or has expired, and where the policy says so, none', async () => {
    const { url, object, clock, access } = await withObject();
    expect((await fetch(object.url.replace(/signature=./, 'signature='))).status).toBe(403);
    expect((await fetch(`${url}/objects/${object.key}?signature=x`)).status).toBe(403);
    access.mayRead = () => false;
    expect((await fetch(`${url}/objects/${object.key}`)).status).toBe(403);
    expect((await fetch(object.url)).status).toBe(200);
    clock.advance(604_801_000);
    const late = await fetch(object.url);
    expect([late.status, await late.json()]).toMatchObject([
      403,
      { error: { message: expect.stringMatching(/expired/) } },
    ]);
  });
});
