import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { beforeEach, expect, it } from 'vitest';
import { factsOf } from '../../src/access/certificates/certificate.ts';
import { certificateFindings } from '../../src/app/certificate-findings.ts';
import type { Finding } from '../../src/observability/finding.ts';
import { OwnCertificates } from '../../src/storage/own-certificates.ts';

const DAY_MS = 86_400_000;
let material: { certificate: string; clientAuthority: string };
let endMs: number;

beforeEach(async () => {
  const own = new OwnCertificates(await temporaryFolder(), 'gateway');
  const nowMs = Date.now();
  const { pair } = await own.serverFor({ names: ['gateway'], nowMs });
  material = { ...pair, clientAuthority: (await own.authority(nowMs)).certificate };
  endMs = factsOf(material.certificate).validToMs;
});

/** What is found so many days before the certificate ends. */
function found(daysLeft: number, { auto = false, isTrusted = true } = {}): Finding[] {
  return certificateFindings(material, { now: () => endMs - daysLeft * DAY_MS, isTrusted: () => isTrusted }, { auto });
}

it('says how long the certificate is good for, and warns in time of one that nobody replaces by itself', () => {
  expect(found(100)).toMatchObject([{ level: 'ok', values: { days: 100 } }]);
  expect(found(10)).toMatchObject([{ level: 'warning', values: { days: 10 } }]);
  expect(found(10, { auto: true })).toMatchObject([{ level: 'ok' }]);
});

it('says that it has expired, or that the clock is wrong', () => {
  expect(found(-3)[0]).toMatchObject({ level: 'fault', sentence: expect.stringContaining('has expired') });
  expect(found(-3, { isTrusted: false })[0]?.sentence).toContain('The clock of this machine is wrong');
});

it('says that there is none where nothing encrypts', () => {
  const clock = { now: Date.now, isTrusted: () => true };
  expect(certificateFindings(undefined, clock, { auto: true })).toMatchObject([{ code: 'certificate', level: 'ok' }]);
});
