import type { AddressInfo } from 'node:net';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OriginRules } from '../../src/web/origin-rules.ts';
import { createWebServer } from '../../src/web/server.ts';

const FACTS = { dataDir: '/srv/room', oss: { host: '0.0.0.0', port: 9899 }, bucket: 'crosscomm' };

describe('GET /operator', () => {
  async function ask(headers: Record<string, string>, remoteAddress: string) {
    const context = buildHouse();
    const app = await createWebServer({ context, serviceTimeoutMs: 1000, maxBodyBytes: 1024, operator: () => FACTS });
    onTestFinished(() => app.close());
    return app.inject({ url: '/operator', headers: { host: 'localhost', ...headers }, remoteAddress });
  }

  it('tells programs on this machine where the data is', async () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      expect((await ask({}, address)).json()).toEqual(FACTS);
    }
  });

  it.each([
    ['another machine', {}, '192.168.1.7'],
    ['a web page of the gateway', { 'sec-fetch-site': 'same-origin' }, '127.0.0.1'],
    ['a web page of its origin', { origin: 'http://localhost' }, '127.0.0.1'],
    ['a proxy on this machine', { 'x-forwarded-for': '203.0.113.9' }, '127.0.0.1'],
  ])('tells nothing to %s', async (_, headers, address) => {
    const answer = await ask(headers, address);
    expect(answer.statusCode).toBe(403);
    expect(answer.json().error.code).toBe('PEER_NOT_ALLOWED');
    expect(answer.body).not.toContain('/srv');
  });
});

it('serves a program on this machine that comes by the address of its network, and no other machine', async () => {
  const app = await createWebServer({
    context: buildHouse(),
    serviceTimeoutMs: 1000,
    maxBodyBytes: 1024,
    operator: () => FACTS,
    originRules: new OriginRules({ machineName: () => 'pi', hosts: ['pi.test'] }),
  });
  onTestFinished(() => app.close());
  // Every address of 127.0.0.0/8 is this machine's; here they stand for those of a network.
  const ask = async (remoteAddress: string, localAddress: string) => {
    app.server.prependOnceListener('request', ({ socket }) => {
      Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress, configurable: true });
      Object.defineProperty(socket, 'localAddress', { value: localAddress, configurable: true });
    });
    return (await fetch(`http://127.0.0.1:${port}/operator`)).status;
  };
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  expect(await ask('192.168.1.5', '192.168.1.5')).toBe(200);
  expect(await ask('192.168.1.7', '192.168.1.5')).toBe(403);
});
