import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/objects/contract.ts';
import { body, buildStore } from '../objects/support.ts';
import { BUCKET, buildEndpoint, codeOf } from './support.ts';

describe('an object that is read', () => {
  it.each([
    ['bytes=0-0', {}, 206, 'a', 'bytes 0-0/10'],
    ['bytes=7-', {}, 206, 'hij', 'bytes 7-9/10'],
    ['bytes=-3', {}, 206, 'hij', 'bytes 7-9/10'],
    ['bytes=5-99', {}, 206, 'fghij', 'bytes 5-9/10'],
    ['bytes=10-', {}, 200, 'abcdefghij', null],
    ['bytes=3-1', {}, 200, 'abcdefghij', null],
    ['bytes=0-1,3-4', {}, 200, 'abcdefghij', null],
    ['Bytes=0-0', {}, 206, 'a', 'bytes 0-0/10'],
    ['bytes=0-0', { 'if-range': '"A925576942E94B2EF57A066101B48876"' }, 206, 'a', 'bytes 0-0/10'],
    ['bytes=0-0', { 'if-range': '"another"' }, 200, 'abcdefghij', null],
    ['bytes=0-0', { 'if-range': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 200, 'abcdefghij', null],
    ['bytes=9-20', { 'x-oss-range-behavior': 'standard' }, 206, 'j', 'bytes 9-9/10'],
  ])('has the range %s', async (range, headers, status, content, contentRange) => {
    const house = await buildEndpoint();
    await house.fetch('PUT', `/${BUCKET}/a`, { body: 'abcdefghij' });
    const got = await house.fetch('GET', `/${BUCKET}/a`, { headers: { range, ...(headers as object) } });
    expect([got.status, await got.text(), got.headers.get('content-range')]).toEqual([status, content, contentRange]);
  });

  it("ends where it does by HTTP's own rule, where the client wants that", async () => {
    const house = await buildEndpoint();
    await house.fetch('PUT', `/${BUCKET}/a`, { body: 'abc' });
    const headers = { range: 'bytes=3-', 'x-oss-range-behavior': 'standard' };
    const got = await house.fetch('GET', `/${BUCKET}/a`, { headers });
    expect(got.headers.get('content-range')).toBe('bytes */3');
    expect(await codeOf(got)).toEqual([416, 'InvalidRange']);
  });

  it('is read on condition', async () => {
    const house = await buildEndpoint();
    const etag = (await house.fetch('PUT', `/${BUCKET}/a`, { body: 'abc' })).headers.get('etag') ?? '';
    const now = new Date(house.clock.now()).toUTCString();
    const before = new Date(house.clock.now() - 5000).toUTCString();
    const statusWith = async (headers: Record<string, string>) =>
      (await house.fetch('GET', `/${BUCKET}/a`, { headers })).status;
    expect(await statusWith({ 'if-match': etag })).toBe(200);
    expect(await statusWith({ 'if-match': '"00"' })).toBe(412);
    expect(await statusWith({ 'if-none-match': `"00", ${etag}` })).toBe(304);
    expect(await statusWith({ 'if-none-match': '"00"' })).toBe(200);
    expect(await statusWith({ 'if-modified-since': now })).toBe(304);
    expect(await statusWith({ 'if-modified-since': before })).toBe(200);
    expect(await statusWith({ 'if-unmodified-since': now })).toBe(200);
    expect(await statusWith({ 'if-unmodified-since': before })).toBe(412);
  });

  it('is all of one version, whatever replaces it meanwhile', async () => {
    const { store } = await buildStore();
    await store.write('a', body('the first, and longer'));
    const replacing: ObjectStore = {
      head: async (key) => {
        const info = await store.head(key);
        if (info?.size !== 3) await store.write(key, body('new'));
        return info;
      },
      open: (key, range) => store.open(key, range),
      write: (key, content, options) => store.write(key, content, options),
      remove: (key) => store.remove(key),
      list: (options) => store.list(options),
    };
    const house = await buildEndpoint({ store: replacing });
    const got = await house.fetch('GET', `/${BUCKET}/a`, { headers: { range: 'bytes=1-' } });
    expect([got.headers.get('content-range'), await got.text()]).toEqual(['bytes 1-2/3', 'ew']);
  });

  it('is given out with the headers that the signer wanted', async () => {
    const house = await buildEndpoint();
    await house.fetch('PUT', `/${BUCKET}/a`, { body: 'abc' });
    const resource = `/${BUCKET}/a?response-content-disposition=inline&response-content-type=text/plain`;
    const got = await house.fetch('GET', resource);
    expect([got.headers.get('content-type'), got.headers.get('content-disposition')]).toEqual(['text/plain', 'inline']);
  });
});

describe('headers of an object', () => {
  it('are given back as they were, also after it was put together or copied', async () => {
    const house = await buildEndpoint();
    const kept = {
      'cache-control': 'max-age=60',
      'content-disposition': 'attachment; filename="ü.txt"',
      'content-encoding': 'gzip',
      expires: 'Wed, 21 Oct 2026 07:28:00 GMT',
    };
    const sent = { ...kept, 'content-disposition': Buffer.from(kept['content-disposition']).toString('latin1') };
    const put = await house.fetch('PUT', `/${BUCKET}/a`, { headers: sent, body: 'x' });
    expect(put.status).toBe(200);
    await house.fetch('PUT', `/${BUCKET}/copy`, { headers: { 'x-oss-copy-source': `/${BUCKET}/a` } });
    for (const key of ['a', 'copy']) {
      const { headers } = await house.fetch('HEAD', `/${BUCKET}/${key}`);
      const disposition = Buffer.from(headers.get('content-disposition') ?? '', 'latin1').toString();
      expect(disposition).toBe(kept['content-disposition']);
      expect(headers.get('content-encoding')).toBe('gzip');
      expect(headers.get('cache-control')).toBe('max-age=60');
      expect(headers.get('expires')).toBe(kept.expires);
    }
    const overridden = await house.fetch('HEAD', `/${BUCKET}/a`);
    expect(overridden.headers.get('content-type')).toBe('application/octet-stream');
    const known = { 'if-none-match': overridden.headers.get('etag') ?? '' };
    const same = await house.fetch('GET', `/${BUCKET}/a`, { headers: known });
    expect([same.status, same.headers.get('cache-control')]).toEqual([304, 'max-age=60']);
  });
});
