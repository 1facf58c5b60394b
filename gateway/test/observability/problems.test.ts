import { expect, it } from 'vitest';
import { findingsOf, type ProblemFacts, problemsOf } from '../../src/observability/problems.ts';

const MIB = 2 ** 20;
const WELL: ProblemFacts = {
  isClockTrusted: true,
  disk: { freeBytes: 5000 * MIB, totalBytes: 16_000 * MIB },
  sharedIds: [],
  uploads: { failed: 0, waiting: 0, fault: null },
  queues: { bytes: 0, limitBytes: 64 * MIB },
  loopDelayMs: 3,
};

const BRIDGED = {
  ...{ name: 'house', url: 'mqtt://house.example', fault: null, isRefused: false },
  waiting: { count: 0, bytes: 0, limitBytes: 100 },
};
const LINKED = {
  ...{ gateway: 'hall', gateways: 2, isNameTaken: false, server: 'nats.example.org:4222', fault: null },
  kept: { waiting: 0, waitingBytes: 0, maxBytes: 100, oldestMs: null, fault: null },
  retained: { waiting: 0, leftOut: 0, fault: null },
  scheduled: { waiting: 0, untold: 0, fault: null },
};

const codes = (facts: Partial<ProblemFacts>): string[] => problemsOf({ ...WELL, ...facts }).map(({ code }) => code);

it('sees nothing where all is well', () => {
  expect(codes({})).toEqual([]);
  expect(codes({ disk: null, uploads: undefined, queues: { bytes: 0, limitBytes: 0 } })).toEqual([]);
});

it.each<[string, Partial<ProblemFacts>]>([
  ['disk', { disk: { freeBytes: 200 * MIB, totalBytes: 16_000 * MIB } }],
  ['ids_shared', { sharedIds: [{ id: 'lamp', protocol: 'mqtt', times: 9 }] }],
  ['uploads_stuck', { uploads: { failed: 0, waiting: 2, fault: 'the bucket is gone.' } }],
  ['uploads_failed', { uploads: { failed: 1, waiting: 0, fault: null } }],
  ['queues_full', { queues: { bytes: 40 * MIB, limitBytes: 64 * MIB } }],
  ['overloaded', { loopDelayMs: 900 }],
  ['clock', { isClockTrusted: false }],
  ['state', { storeFault: 'no space left on device' }],
  ['cluster', { cluster: { ...LINKED, fault: 'connection refused' } }],
  [
    'cluster_kept',
    { cluster: { ...LINKED, kept: { ...LINKED.kept, waiting: 2, oldestMs: 0, fault: 'there is no stream' } } },
  ],
  ['cluster_room', { cluster: { ...LINKED, kept: { ...LINKED.kept, waiting: 2, oldestMs: 0, waitingBytes: 95 } } }],
  ['cluster_retained', { cluster: { ...LINKED, retained: { waiting: 1, leftOut: 0, fault: 'there is no bucket' } } }],
  ['cluster_retained_room', { cluster: { ...LINKED, retained: { waiting: 0, leftOut: 2, fault: null } } }],
  ['cluster_scheduled', { cluster: { ...LINKED, scheduled: { waiting: 1, untold: 1, fault: 'there is no bucket' } } }],
  ['cluster_name', { cluster: { ...LINKED, isNameTaken: true } }],
  ['bridge', { bridges: [{ ...BRIDGED, fault: 'nothing listens there' }] }],
  ['bridge', { bridges: [{ ...BRIDGED, fault: 'the password is wrong', isRefused: true }] }],
  ['bridge_full', { bridges: [{ ...BRIDGED, waiting: { count: 9, bytes: 95, limitBytes: 100 } }] }],
])('sees %s, and says what to do', (code, facts) => {
  expect(codes(facts)).toEqual([code]);
  const [problem] = problemsOf({ ...WELL, ...facts });
  for (const text of [problem?.sentence, problem?.advice]) expect(text).toMatch(/^[A-Z1-9c].*[^.]\.$/);
});

it('lets a small disk be as full as a large one, by its part', () => {
  expect(codes({ disk: { freeBytes: 100 * MIB, totalBytes: 1000 * MIB } })).toEqual([]);
});

it('tells what is well by the same code, and what could not be found out', () => {
  const levels = (facts: ProblemFacts): Record<string, string> =>
    Object.fromEntries(findingsOf(facts).map(({ code, level }) => [code, level]));
  const well = levels({ ...WELL, cluster: LINKED });
  expect(new Set(Object.values(well))).toEqual(new Set(['ok']));
  expect(levels({ ...WELL, cluster: LINKED, disk: null, loopDelayMs: 900 })).toEqual({
    ...well,
    disk: 'unknown',
    overloaded: 'warning',
  });
});

it('tells what does not work before what should be looked at', () => {
  const uploads = { failed: 0, waiting: 1, fault: 'it is away' };
  expect(codes({ uploads, loopDelayMs: 900 })).toEqual(['uploads_stuck', 'overloaded']);
});

it('has the numbers and names of each sentence apart, for translations', () => {
  const sharedIds = [{ id: 'lamp', protocol: 'mqtt', times: 9 }];
  expect(problemsOf({ ...WELL, sharedIds })).toMatchObject([
    { subject: 'lamp', values: { id: 'lamp', protocol: 'mqtt', times: 9 } },
  ]);
});
