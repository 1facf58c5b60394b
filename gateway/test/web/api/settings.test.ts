import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretPassword } from '@crosscomm/testing/secrets';
import { afterEach, expect, it } from 'vitest';
import { loadWithOrigins } from '../../../src/app/config.ts';
import { createGateway } from '../../../src/app/gateway.ts';
import { silentLog } from '../../../src/common/log.ts';
import { buildWebHouse } from '../support.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

it('says of each key what it is, and where that comes from, but nothing secret', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crosscomm-settings-'));
  ends.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const ports = 'http: {host: 127.0.0.1, port: 0}\nmqtt: {host: 127.0.0.1, port: 0}\noss: {host: 127.0.0.1, port: 0}\n';
  const file = join(folder, 'crosscomm.yaml');
  await writeFile(file, `dataDir: data\n${ports}serial: {autoDetect: false}\n`);
  const overrides = [
    { path: ['oocsi', 'port'], value: 0, flag: '--oocsi-port' },
    { path: ['oocsi', 'host'], value: '127.0.0.1', flag: '--oocsi-host' },
  ];
  const { config, origins } = loadWithOrigins({ file, overrides, cwd: folder });
  const password = secretPassword();
  const gateway = createGateway(config, { log: silentLog, origins, users: new Map([['lena', password]]) });
  const { http } = await gateway.start();
  ends.push(() => gateway.stop());
  const text = await (await fetch(`http://127.0.0.1:${http.port}/api/v1/config`)).text();
  const { values, environment } = JSON.parse(text);
  const found = (key: string) => values.find((value: { key: string }) => value.key === key);
  expect(found('http.port')).toMatchObject({ value: 0, source: 'file', where: `${file}:2` });
  expect(found('oocsi.port')).toMatchObject({ value: 0, source: 'flag', where: '--oocsi-port' });
  expect(found('mqtt.maxSessions')).toMatchObject({ source: 'default', value: expect.any(Number) });
  expect(found('dataDir')).toMatchObject({ value: join(folder, 'data'), help: expect.any(String) });
  expect(environment).toContainEqual({ name: 'CROSSCOMM_OOCSI_USERS', isSet: true });
  expect(environment).toContainEqual({ name: 'OSS_ACCESS_KEY_SECRET', isSet: false });
  expect(text).not.toContain(password);
});

it('has every counter, gauge and histogram', async () => {
  const house = await buildWebHouse();
  ends.push(() => house.app.close());
  house.clock.advance(1000);
  house.incidents.report({ door: 'mqtt', who: 'lamp', code: 'PEER_MALFORMED', message: 'No.' });
  const { metrics } = (await house.app.inject('/api/v1/counters')).json();
  const found = (name: string) => metrics.find((metric: { name: string }) => metric.name === name);
  expect(found('crosscomm_incidents_total')).toMatchObject({
    type: 'counter',
    samples: [{ labels: { listener: 'mqtt', code: 'PEER_MALFORMED' }, value: 1 }],
  });
  expect(found('crosscomm_event_loop_delay_seconds')).toMatchObject({
    ...{ type: 'histogram', unit: 'seconds', samples: [] },
    buckets: { bounds: expect.any(Array), counts: expect.arrayContaining([1]), sum: 0 },
  });
});
