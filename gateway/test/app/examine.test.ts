import { FakeClock } from '@crosscomm/testing/fake-clock';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it } from 'vitest';
import { configSchema } from '../../src/app/config.ts';
import { Examination, type ExamineParts } from '../../src/app/examine.ts';
import type { Finding } from '../../src/observability/finding.ts';

async function examination(
  more: Partial<ExamineParts> = {},
): Promise<{ clock: FakeClock; look(): Promise<Finding[]> }> {
  const clock = new FakeClock();
  const config = configSchema.parse({ dataDir: await temporaryFolder(), objects: { store: 'oss' } });
  const examined = new Examination({
    ...{
      config,
      clock,
      vitals: { disk: async () => null },
      store: { list: async () => ({ objects: [], prefixes: [] }) },
    },
    listeners: () => undefined,
    ...more,
  });
  return { clock, look: () => examined.findings() };
}

const found = (findings: readonly Finding[], code: string): Finding | undefined =>
  findings.find((finding) => finding.code === code);

it('asks the store in the network whether it is there, and not for ever', async () => {
  expect(found(await (await examination()).look(), 'object_store')?.level).toBe('ok');
  const broken = await examination({ store: { list: async () => Promise.reject(new Error('the bucket is gone.')) } });
  expect(found(await broken.look(), 'object_store')).toMatchObject({
    level: 'fault',
    values: { reason: 'the bucket is gone' },
  });
  const silent = await examination({ store: { list: () => new Promise(() => {}) } });
  let isOver = false;
  const looking = silent.look().finally(() => {
    isOver = true;
  });
  await expect
    .poll(() => {
      silent.clock.advance(5000);
      return isOver;
    })
    .toBe(true);
  expect(found(await looking, 'object_store')?.sentence).toContain('no answer in 5 s');
});

it('writes to the disk once a minute at most', async () => {
  const { clock, look } = await examination();
  const first = found(await look(), 'disk_speed');
  expect(found(await look(), 'disk_speed')).toBe(first);
  clock.advance(60_000);
  expect(found(await look(), 'disk_speed')).not.toBe(first);
});

it('says that the listener for OSS clients is closed', async () => {
  const address = { host: '127.0.0.1', port: 9898 };
  const listeners = () => ({ http: address, oocsi: address, mqtt: address, oss: undefined, serial: [] });
  const findings = await (await examination({ listeners })).look();
  expect(found(findings, 'listener_closed')).toMatchObject({ level: 'warning', subject: 'oss' });
  expect(found(findings, 'listeners')?.sentence).toContain('http 9898, oocsi 9898');
});
