import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Place } from '@crosscomm/testing/place';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

let place: Place;
beforeAll(() => {
  place = new Place();
});
afterAll(() => place.dispose());

interface View {
  mode: string;
  authority: { fingerprint: string; until: string } | null;
  certificate: { fingerprint: string; names: string[]; until: string } | null;
}

async function shown(): Promise<View> {
  const { code, out } = await place.run(['tls', 'show', '--json']);
  expect(code).toBe(0);
  return JSON.parse(out) as View;
}

describe('crosscomm tls', () => {
  it('says that TLS is off, and how it is switched on', async () => {
    expect((await place.run(['tls', 'show'])).out).toMatch(/TLS is off.*tls: \{auto: true\}/);
    expect(await shown()).toEqual({ mode: 'off', authority: null, certificate: null });
  });

  it('exports the authority, for the owner alone to sign with, in the forms that clients take', async () => {
    const pem = await place.run(['tls', 'export']);
    const { subject, fingerprint256, ca, validTo } = new X509Certificate(pem.out);
    expect(pem.err).toBe(`SHA-256 ${fingerprint256}\n`);
    expect([ca, subject]).toEqual([true, expect.stringContaining('O=CrossComm Gateway')]);
    const years = (Date.parse(validTo) - Date.now()) / 86_400_000 / 365.25;
    expect(years).toBeCloseTo(10, 1);
    expect(statSync(join(place.dataDir, 'tls', 'authority.pem')).mode & 0o777).toBe(0o600);

    await place.run(['tls', 'export', '--arduino', '-o', 'ca.h']);
    const header = readFileSync(join(place.folder, 'ca.h'), 'utf8');
    expect(header).toContain(pem.out.trim());
    expect(header).toContain(`SHA-256 ${fingerprint256}`);

    const code = await place.run(['tls', 'export', '--qr']);
    expect(code.out).toMatch(/http:\/\/127\.0\.0\.1:9898\/ca\.crt\n$/);
  });

  it('says that an authority ends within a year, and what is to be done', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3500 * 86_400_000 });
    const { code, err } = await place.run(['tls', 'show']).finally(() => vi.useRealTimers());
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/ends on .*, in 153 days; .*"crosscomm tls renew --authority"/),
    ]);
    expect((await place.run(['tls', 'show'])).err).toBe('');
  });

  it('renews the certificate of a gateway that runs, and the authority where it is told to', async () => {
    const any = { host: '127.0.0.1', port: 0, tlsPort: 0 };
    const { http } = await place.start({ tls: { auto: true }, mqtt: any, oocsi: any });
    const before = await shown();
    expect(before.certificate?.names).toContain('localhost');
    const { code, out } = await place.run(['tls', 'renew', '--json']);
    const renewed = JSON.parse(out) as NonNullable<View['certificate']>;
    expect([code, renewed.fingerprint === before.certificate?.fingerprint]).toEqual([0, false]);
    expect((await shown()).authority).toEqual(before.authority);
    const inUse = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port: http.port, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase() ?? '');
          socket.destroy();
        }).on('error', reject);
      });
    await vi.waitFor(async () => expect(await inUse()).toBe(renewed.fingerprint));

    expect((await place.run(['tls', 'renew', '--authority'])).err).toContain('give it to every client');
    expect((await shown()).authority?.fingerprint).not.toBe(before.authority?.fingerprint);
    await place.stop();
  });
});
