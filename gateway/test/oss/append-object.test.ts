import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CRC64_XZ, Crc } from '../../src/objects/content/crc.ts';
import { BUCKET, buildEndpoint, codeOf, type EndpointHouse, type SignedInit, tag } from './support.ts';

function append(house: EndpointHouse, key: string, position: number, init: SignedInit): Promise<Response> {
  return house.fetch('POST', `/${BUCKET}/${key}?append&position=${position}`, init);
}

function crc64(text: string): string {
  const crc = new Crc(CRC64_XZ);
  crc.update(Buffer.from(text));
  return String(crc.digest());
}

const md5 = (text: string): string => createHash('md5').update(text).digest('base64');

describe('AppendObject', () => {
  it('makes an object and goes on with it, and says where the next one goes', async () => {
    const house = await buildEndpoint();
    const headers = { 'content-type': 'text/csv', 'cache-control': 'no-cache', 'x-oss-meta-unit': 'C' };
    const first = await append(house, 'log.csv', 0, { headers, body: 'one\n' });
    expect(first.status).toBe(200);
    expect(first.headers.get('x-oss-next-append-position')).toBe('4');
    expect(first.headers.get('x-oss-hash-crc64ecma')).toBe(crc64('one\n'));
    const later = { 'content-md5': md5('two\n'), 'x-oss-meta-unit': 'F' };
    const second = await append(house, 'log.csv', 4, { headers: later, body: 'two\n' });
    expect(second.headers.get('x-oss-next-append-position')).toBe('8');
    expect(second.headers.get('x-oss-object-type')).toBe('Appendable');
    expect(second.headers.get('etag')).toMatch(/^"[0-9A-F]{24}0{8}"$/);
    for (const method of ['HEAD', 'GET']) {
      const read = await house.fetch(method, `/${BUCKET}/log.csv`);
      expect(Object.fromEntries(read.headers)).toMatchObject({
        'content-length': '8',
        'content-type': 'text/csv',
        'cache-control': 'no-cache',
        'x-oss-meta-unit': 'C',
        'x-oss-object-type': 'Appendable',
        'x-oss-next-append-position': '8',
        'x-oss-hash-crc64ecma': crc64('one\ntwo\n'),
        etag: second.headers.get('etag'),
      });
      expect(read.headers.has('content-md5')).toBe(false);
      expect(await read.text()).toBe(method === 'GET' ? 'one\ntwo\n' : '');
    }
    const list = await (await house.fetch('GET', `/${BUCKET}/`)).text();
    expect([tag(list, 'Type'), tag(list, 'Size'), tag(list, 'ETag')]).toEqual([
      'Appendable',
      '8',
      second.headers.get('etag')?.replaceAll('"', '&quot;'),
    ]);
  });

  it('is refused elsewhere than at the end, and told where that is', async () => {
    const house = await buildEndpoint();
    await append(house, 'log', 0, { body: 'one' });
    for (const [key, position, next] of [
      ['log', 0, '3'],
      ['log', 2, '3'],
      ['log', 4, '3'],
      ['none', 1, '0'],
    ] as const) {
      const refused = await append(house, key, position, { body: 'two' });
      expect(refused.headers.get('x-oss-next-append-position')).toBe(next);
      expect(await codeOf(refused)).toEqual([409, 'PositionNotEqualToLength']);
    }
    expect(await (await house.fetch('GET', `/${BUCKET}/log`)).text()).toBe('one');
  });

  it('is refused for what was put, copied or completed whole, which a put makes of an appended object too', async () => {
    const house = await buildEndpoint();
    await house.fetch('PUT', `/${BUCKET}/whole`, { body: 'whole' });
    expect(await codeOf(await append(house, 'whole', 5, { body: 'x' }))).toEqual([409, 'ObjectNotAppendable']);
    await append(house, 'log', 0, { body: 'one' });
    const copied = await house.fetch('PUT', `/${BUCKET}/copy`, { headers: { 'x-oss-copy-source': `/${BUCKET}/log` } });
    expect(tag(await copied.text(), 'ETag')).toContain(createHash('md5').update('one').digest('hex').toUpperCase());
    const copy = await house.fetch('HEAD', `/${BUCKET}/copy`);
    expect(copy.headers.get('x-oss-object-type')).toBe('Normal');
    const put = await house.fetch('PUT', `/${BUCKET}/log`, { body: 'whole' });
    expect(put.headers.get('x-oss-object-type')).toBe('Normal');
    expect(put.headers.has('x-oss-next-append-position')).toBe(false);
    expect(await codeOf(await append(house, 'log', 5, { body: 'x' }))).toEqual([409, 'ObjectNotAppendable']);
    await house.fetch('DELETE', `/${BUCKET}/log`);
    expect((await append(house, 'log', 0, { body: 'again' })).status).toBe(200);
  });

  it('leaves the object as it was where the content is not what was announced', async () => {
    const house = await buildEndpoint();
    await append(house, 'log', 0, { body: 'one' });
    const before = await house.store.head('log');
    const wrong = await append(house, 'log', 3, { headers: { 'content-md5': md5('other') }, body: 'two' });
    expect(await codeOf(wrong)).toEqual([400, 'InvalidDigest']);
    const versioned = await append(house, 'log', 3, { headers: { 'x-oss-tagging': 'a=b' }, body: 'two' });
    expect(await codeOf(versioned)).toEqual([501, 'NotImplemented']);
    expect((await append(house, 'log', 3, { body: '' })).headers.get('x-oss-next-append-position')).toBe('3');
    expect(await house.store.head('log')).toEqual(before);
  });
});
