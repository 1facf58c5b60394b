import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it } from 'vitest';
import { factsOf } from '../../src/access/certificates/certificate.ts';
import { certificateFindings } from '../../src/app/certificate-findings.ts';
import { findingsOf, type ProblemFacts } from '../../src/observability/problems.ts';
import { TRACE_PARTS } from '../../src/observability/trace/sentence.ts';
import { OwnCertificates } from '../../src/storage/own-certificates.ts';
import { texts as chinese } from '../src/language/texts/zh.ts';

it('every sentence about a message is there in Chinese, with the names that are in it', () => {
  const values = { to: 'kitchen', from: 'knob', why: 'it may not', name: 'kitchen', seconds: '5' };
  const said = TRACE_PARTS.map((code) => [code, chinese.said[code]?.(values, 'lamp')] as const);
  expect(said.filter(([, text]) => text === undefined)).toEqual([]);
  expect(said.filter(([, text]) => text?.includes('undefined'))).toEqual([]);
});

const WELL: ProblemFacts = {
  isClockTrusted: true,
  disk: { freeBytes: 5e9, totalBytes: 1e10 },
  sharedIds: [],
  uploads: { failed: 0, waiting: 0, fault: null },
  queues: { bytes: 0, limitBytes: 1e6 },
  loopDelayMs: 1,
  backups: { fault: undefined },
};
const BAD: ProblemFacts = {
  isClockTrusted: false,
  disk: { freeBytes: 1e6, totalBytes: 1e10 },
  sharedIds: [{ id: 'lamp', protocol: 'mqtt', times: 3 }],
  uploads: { failed: 2, waiting: 1, fault: 'no network' },
  queues: { bytes: 9e5, limitBytes: 1e6 },
  loopDelayMs: 900,
  backups: { fault: 'no room' },
  storeFault: 'the disk is full',
};

it.each([
  ['well', WELL],
  ['bad', BAD],
])('what the gateway finds out about itself is there in Chinese, where it is %s', (_, facts) => {
  const said = findingsOf(facts).map(({ code, level, values }) => {
    const shown = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
    return [`${code} ${level}`, JSON.stringify(chinese.findings[`${code} ${level}`]?.(shown))] as const;
  });
  expect(said.filter(([, text]) => text === undefined || text.includes('undefined'))).toEqual([]);
});

it('that nothing waits for other gateways is said in Chinese as that', () => {
  const said = chinese.findings['cluster_kept ok']?.({ waiting: '0', since: '' });
  expect(said?.sentence).toBe('没有消息在等待其他网关。');
});

const DAY_MS = 86_400_000;

it('what is wrong with certificates is there in Chinese, with the days and times that are in it', async () => {
  const own = new OwnCertificates(await temporaryFolder(), 'gateway');
  const nowMs = Date.now();
  const { certificate } = await own.makeServer({ names: ['gateway'], nowMs });
  const clientAuthority = (await own.authority(nowMs)).certificate;
  const end = Math.floor((factsOf(certificate).validToMs - nowMs) / DAY_MS);
  const said = [0, end - 10, end + 1, 3500, 4000, -30].flatMap((days) =>
    [true, false].flatMap((auto) => {
      const clock = { now: () => nowMs + days * DAY_MS, isTrusted: () => true };
      return certificateFindings({ certificate, clientAuthority }, clock, { auto }).map((found) => {
        const { sentence, advice = '' } = chinese.findings[`${found.code} ${found.level}`]?.(shown(found.values)) ?? {
          sentence: '',
        };
        return { found: `${found.code} ${found.level}`, text: `${sentence}${advice}`, times: timesIn(found.sentence) };
      });
    }),
  );
  expect(new Set(said.map(({ found }) => found))).toEqual(
    new Set(['certificate ok', 'certificate warning', 'certificate fault', 'authority warning']),
  );
  for (const { text, times } of said) {
    expect(text).not.toMatch(/undefined|^$/);
    expect(times.filter((time) => !text.includes(time))).toEqual([]);
  }
});

/** Days and times in a sentence. */
function timesIn(sentence: string): string[] {
  return sentence.match(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g) ?? [];
}

function shown(values: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
