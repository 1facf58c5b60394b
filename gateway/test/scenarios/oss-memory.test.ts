import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { afterAll, expect, test } from 'vitest';
import { AccessKeys } from '../../src/oss/access-keys.ts';
import { signatureOf } from '../oss/support.ts';

const MIB = 1024 * 1024;
const OBJECT_BYTES = 200 * MIB;
const gateway = new GatewayProcess();
afterAll(() => gateway.dispose());

function* content(size: number): Generator<Buffer> {
  const piece = Buffer.alloc(64 * 1024, 'content ');
  for (let sent = 0; sent < size; sent += piece.length) yield piece;
}

test('an object of 200 MiB passes through the gateway, both ways, and not into its memory', {
  timeout: 120_000,
}, async () => {
  await gateway.start();
  const key = await new AccessKeys(gateway.dataDir).create('test', Date.now());
  const ask = (method: string, name: string, headers: Record<string, string> = {}) => {
    const signed = { 'x-oss-date': new Date().toUTCString() };
    const authorization = `OSS ${key.id}:${signatureOf(key.secret, method, `/crosscomm/${name}`, signed)}`;
    const { port } = gateway.ready.oss;
    return request({ port, method, path: `/crosscomm/${name}`, headers: { ...signed, authorization, ...headers } });
  };
  const put = async (name: string, size: number): Promise<number> => {
    const sending = ask('PUT', name, { 'content-length': String(size) });
    const answered = once(sending, 'response');
    await pipeline(Readable.from(content(size), { objectMode: false }), sending);
    const [response] = await answered;
    response.resume();
    return response.statusCode;
  };
  expect(await put('first', MIB)).toBe(200);
  const before = await gateway.residentBytes();
  expect(await put('large', OBJECT_BYTES)).toBe(200);
  const whilePut = await gateway.residentBytes();
  const asking = ask('GET', 'large').end();
  const [response] = await once(asking, 'response');
  let received = 0;
  for await (const chunk of response) received += (chunk as Buffer).length;
  expect(received).toBe(OBJECT_BYTES);
  const grown = Math.max(whilePut, await gateway.residentBytes()) - before;
  expect(grown).toBeLessThan(OBJECT_BYTES / 2);
});
