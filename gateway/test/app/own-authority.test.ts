import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { factsOf } from '../../src/access/certificates/certificate.ts';
import { configSchema } from '../../src/app/config.ts';
import { openTls, type RunningTls } from '../../src/app/tls.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';

const DAY_MS = 86_400_000;
const RENEW_MS = 600_000;
const START = Date.UTC(2027, 5, 1);

let dataDir: string;
let clock: FakeClock;
let log: MemoryLog;
let closers: (() => unknown)[];
beforeEach(async () => {
  dataDir = await temporaryFolder();
  clock = new FakeClock(START);
  closers = [];
});
const close = async (): Promise<void> => {
  for (const each of closers.splice(0).reverse()) await each();
};
afterEach(close);

async function open(): Promise<RunningTls> {
  await close();
  log = new MemoryLog();
  const config = configSchema.parse({ dataDir, tls: { auto: true } });
  return await openTls({ config, clock, metrics: new MetricsRegistry(), log }, (each) => closers.push(each));
}

const endOf = ({ contexts }: RunningTls): number => factsOf(contexts.material.certificate).validToMs;
const warnings = (): string[] => log.lines.filter((line) => line.startsWith('warn'));

it('a gateway that runs on renews its certificate by itself, year after year, and never beyond its authority', async () => {
  const tls = await open();
  const authorityEnd = factsOf(tls.authority() ?? '').validToMs;
  for (let end = endOf(tls); end < authorityEnd; end = endOf(tls)) {
    clock.jumpTo(end - 89 * DAY_MS);
    clock.advance(RENEW_MS);
    await expect.poll(() => endOf(tls)).toBeGreaterThan(end);
    expect(endOf(tls)).toBeLessThanOrEqual(authorityEnd);
  }
  const last = tls.contexts.material.certificate;
  clock.jumpTo(authorityEnd - 10 * DAY_MS);
  clock.advance(RENEW_MS);
  expect(tls.contexts.material.certificate).toBe(last);
});

it('says in the last year of its authority, at the start and each day, what is to be done', async () => {
  const end = factsOf((await open()).authority() ?? '').validToMs;
  clock.jumpTo(end - 366 * DAY_MS);
  await open();
  expect(warnings()).toEqual([]);
  clock.jumpTo(end - 364.5 * DAY_MS);
  clock.advance(DAY_MS);
  const ends =
    /^warn The authority of this gateway's certificate ends on 20\d\d-\d\d-\d\d, in 364 days; .*tls renew --authority.*tls export/;
  expect(warnings()).toEqual([expect.stringMatching(ends)]);
  clock.advance(DAY_MS);
  expect(warnings()).toHaveLength(2);
  clock.trusted = false;
  await open();
  expect(warnings()).toEqual([]);
  clock.trusted = true;
  clock.jumpTo(end + DAY_MS);
  await open();
  expect(warnings()).toContainEqual(expect.stringContaining('certificate ended on'));
});
