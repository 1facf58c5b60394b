import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { beforeEach, expect, it } from 'vitest';
import { factsOf } from '../../src/access/certificates/certificate.ts';
import { serverNames } from '../../src/access/certificates/server-names.ts';
import { timeFault } from '../../src/app/tls.ts';
import { OwnCertificates } from '../../src/storage/own-certificates.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2027, 5, 1);
const names = serverNames({
  hostname: 'Pi',
  addresses: ['192.168.1.5', 'FD00:0::5', 'fe80::1'],
  more: ['a b', '*.lab'],
});

let own: OwnCertificates;
beforeEach(async () => {
  own = new OwnCertificates(await temporaryFolder(), 'pi');
});

it('names a machine by all that others call it', () => {
  expect(names).toEqual(['*.lab', '127.0.0.1', '192.168.1.5', '::1', 'fd00::5', 'localhost', 'pi', 'pi.local']);
});

it('keeps a certificate until it ends in three months, has another name to be for, or another authority', async () => {
  const at = { names, nowMs: NOW };
  const first = await own.serverFor(at);
  expect([first.isNew, factsOf(first.pair.certificate).names]).toEqual([true, names]);
  expect(await own.serverFor({ ...at, nowMs: NOW + 200 * DAY_MS })).toMatchObject({ isNew: false, pair: first.pair });
  expect(await own.serverFor({ ...at, names: names.slice(1) })).toMatchObject({ isNew: false });
  expect(await own.serverFor({ ...at, names: [...names, 'school.example'] })).toMatchObject({ isNew: true });
  expect(await own.serverFor({ ...at, nowMs: NOW + 300 * DAY_MS })).toMatchObject({ isNew: true });
  expect(await own.serverFor({ ...at, nowMs: NOW + 300 * DAY_MS })).toMatchObject({ isNew: false });
  await own.makeAuthority(NOW);
  expect(await own.serverFor(at)).toMatchObject({ isNew: true });
});

it('makes an authority on a machine without a clock that is good when it has one', async () => {
  const { certificate } = await own.authority(0);
  const { validFromMs, validToMs } = factsOf(certificate);
  expect(validFromMs).toBe(0);
  expect(validToMs).toBeGreaterThan(Date.UTC(2035, 0, 1));
  const { pair } = await own.serverFor({ names, nowMs: 1000 });
  expect(await own.serverFor({ names, nowMs: Date.UTC(2028, 0, 1) })).toMatchObject({ isNew: true });
  expect(timeFault(pair.certificate, { now: () => 5000, isTrusted: () => false })).toBeUndefined();
});

it('makes no certificate that outlives the authority, and none anew that would end no later', async () => {
  const { certificate } = await own.authority(NOW);
  const end = factsOf(certificate).validToMs;
  const late = NOW + 3400 * DAY_MS;
  const { pair } = await own.serverFor({ names, nowMs: late });
  expect(factsOf(pair.certificate).validToMs).toBe(end);
  expect(await own.serverFor({ names, nowMs: end - DAY_MS })).toMatchObject({ isNew: false, pair });
  expect((await own.issueClientCertificate('anna', 900, late)).validToMs).toBe(end);
});

it('says that a clock is wrong, and not the certificate, where that is so', async () => {
  const { pair } = await own.serverFor({ names, nowMs: NOW });
  const later = { now: (): number => NOW + 3000 * DAY_MS };
  expect(timeFault(pair.certificate, { ...later, isTrusted: () => false })).toMatch(
    /^The clock of this machine is wrong/,
  );
  expect(timeFault(pair.certificate, { ...later, isTrusted: () => true })).toMatch(/has expired/);
});
