import { createHash } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/common/clock.ts';
import { OssStore } from '../../src/objects/remote/oss/oss-store.ts';
import { BUCKET, buildEndpoint, type EndpointHouse, REGION } from '../oss/support.ts';
import { body, read } from './support.ts';

function open(house: EndpointHouse): OssStore {
  const store = new OssStore({
    endpoint: house.url,
    bucket: BUCKET,
    region: REGION,
    addressing: 'path',
    accessKeyId: house.key.id,
    accessKeySecret: house.key.secret,
    timeoutMs: 10_000,
    partBytes: 102_400,
    clock: systemClock,
  });
  onTestFinished(() => store.close());
  return store;
}

function md5Of(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

it('appends by OSS’s own operation, and says what OSS says of it', async () => {
  const house = await buildEndpoint();
  const store = open(house);
  const options = { contentType: 'text/csv', metadata: { name: 'Grüße' }, md5: md5Of('one\n'), size: 4 };
  expect(await store.append('log', body('one\n'), options)).toMatchObject({ position: 0, info: { size: 4 } });
  const second = await store.append('log', body('two\n'), { position: 4 });
  expect(second).toMatchObject({
    position: 4,
    info: { size: 8, isAppendable: true, contentType: 'text/csv', metadata: { name: 'Grüße' } },
  });
  expect(second.info.crc64).toBe((await house.store.head('log'))?.crc64);
  await expect(store.append('log', body('x'), { position: 4 })).rejects.toMatchObject({
    code: 'wrong_position',
    length: 8,
  });
  const again = { position: 4, isRepeatable: true };
  expect(await store.append('log', body('two\n', 1), again)).toMatchObject({ position: 4, info: { size: 8 } });
  await expect(store.append('log', body('twO\n'), again)).rejects.toMatchObject({ code: 'wrong_position' });
  await expect(store.append('log', body('x'), { md5: md5Of('y') })).rejects.toMatchObject({ name: 'ObjectError' });
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x');
    throw new Error('the line is dead');
  }
  await expect(store.append('log', broken())).rejects.toThrow('the line is dead');
  await Promise.all(['a', 'b', 'c'].map((text) => store.append('log', body(text))));
  expect(await read(house.store, 'log')).toMatch(/^one\ntwo\n[abc]{3}$/);
  await house.store.write('whole', body('whole'));
  await expect(store.append('whole', body('x'))).rejects.toMatchObject({ code: 'not_appendable' });
});
