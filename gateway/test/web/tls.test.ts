import { describe, expect, it, onTestFinished } from 'vitest';
import { ClientAddresses } from '../../src/transports/client-address.ts';
import { buildWebHouse, type WebHouse } from './support.ts';

const FAR = '192.168.1.77';

async function house(options: Parameters<typeof buildWebHouse>[0]): Promise<WebHouse> {
  const built = await buildWebHouse(options, { anonymous: 'loopback' });
  onTestFinished(() => built.app.close());
  return built;
}

describe('HTTP that takes TLS only', () => {
  const tls = { isRequired: true, authority: (): string => 'the certificate' };

  it('sends pages to https, refuses what would say something, and gives the authority', async () => {
    const { app } = await house({ tls });
    const headers = { host: '192.168.1.5:9898' };
    const page = await app.inject({ url: '/examples/?a=b', headers, remoteAddress: FAR });
    expect([page.statusCode, page.headers.location]).toEqual([308, 'https://192.168.1.5:9898/examples/?a=b']);
    const send = { method: 'POST', url: '/send/lamp', headers, payload: { sender: 'x' }, remoteAddress: FAR } as const;
    const sent = await app.inject(send);
    expect([sent.statusCode, sent.json().error]).toEqual([
      403,
      { code: 'PEER_TLS', message: expect.stringContaining('write https:// or wss://') },
    ]);
    const authority = await app.inject({ url: '/ca.crt', headers, remoteAddress: FAR });
    expect([authority.statusCode, authority.body]).toEqual([200, 'the certificate']);
  });

  it('serves the commands on its own machine', async () => {
    const { app } = await house({ tls });
    expect((await app.inject({ url: '/status' })).statusCode).toBe(200);
  });
});

describe('a request that comes through a proxy', () => {
  const ask = async ({ app }: WebHouse, remoteAddress: string, forwarded?: string): Promise<number> => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    return (await app.inject({ url: '/status', remoteAddress, headers })).statusCode;
  };

  async function shown(trustedProxies: string[]): Promise<WebHouse> {
    return await house({ addresses: new ClientAddresses(trustedProxies) });
  }

  it('is of whom the proxy passes on, where that is listed', async () => {
    const addresses = new ClientAddresses(['127.0.0.1', '10.0.0.0/8']);
    const behind = (remoteAddress: string, forwarded?: string): string | undefined =>
      addresses.behind({
        socket: { remoteAddress } as never,
        headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      });
    expect(behind('127.0.0.1', '203.0.113.9')).toBe('203.0.113.9');
    expect(behind('::ffff:127.0.0.1', '6.6.6.6, 203.0.113.9, 10.1.2.3')).toBe('203.0.113.9');
    expect(behind('10.9.9.9', 'fd00::7')).toBe('fd00::7');
    expect(behind('192.168.1.4', '127.0.0.1')).toBeUndefined();
    // Nobody is on this machine who came through one.
    for (const claim of [undefined, '127.0.0.1', '::1', 'nonsense', '203.0.113.9, nonsense']) {
      expect(behind('127.0.0.1', claim)).toBe('via 127.0.0.1');
    }
    // Nor through one of this machine that is not listed, and asks at another of its addresses.
    const own = { socket: { remoteAddress: FAR, localAddress: FAR } as never, headers: { 'x-forwarded-for': 'x' } };
    expect(new ClientAddresses([]).behind(own)).toBe(`via ${FAR}`);
  });

  it('is never one of this machine, and others are not believed', async () => {
    const listed = await shown(['127.0.0.1']);
    expect(await ask(listed, '127.0.0.1')).toBe(401);
    expect(await ask(listed, '127.0.0.1', '127.0.0.1')).toBe(401);
    const unlisted = await shown([]);
    expect(await ask(unlisted, '127.0.0.1')).toBe(200);
    expect(await ask(unlisted, '127.0.0.1', '203.0.113.9')).toBe(401);
    expect(await ask(unlisted, FAR, '127.0.0.1')).toBe(401);
  });
});
