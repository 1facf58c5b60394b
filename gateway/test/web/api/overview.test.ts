import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ClientTraffic } from '../../../src/observability/traffic.ts';
import type { Overview } from '../../../src/web/api/overview.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

let house: WebHouse;

beforeEach(async () => {
  house = await buildWebHouse({ version: '1.2.3', doors: () => ({ http: { host: '127.0.0.1', port: 9898 } }) });
});
afterEach(() => house.app.close());

const overview = async (): Promise<Overview> => (await house.app.inject('/api/v1/overview')).json() as Overview;

it('says who is online, by protocol', async () => {
  for (const [id, protocol] of [
    ['a', 'mqtt'],
    ['b', 'mqtt'],
    ['c', 'oocsi'],
  ] as const) {
    house.hub.join(new MemorySession(id, protocol));
  }
  const { version, nowMs, listeners, clients } = await overview();
  expect({ version, nowMs, listeners }).toEqual({
    ...{ version: '1.2.3', nowMs: house.clock.now(), listeners: { http: { host: '127.0.0.1', port: 9898 } } },
  });
  expect(clients).toEqual({ online: 3, known: 3, byProtocol: { mqtt: 2, oocsi: 1 } });
});

it('says how many messages went in and out in the last second', async () => {
  house.clock.advance(1000);
  const traffic = new ClientTraffic(house.metrics, 'mqtt');
  for (let count = 0; count < 7; count++) traffic.countReceived();
  traffic.countSent();
  expect((await overview()).rates).toEqual({ messagesPerS: 0, deliveriesPerS: 0 });
  house.clock.advance(1000);
  expect((await overview()).rates).toEqual({ messagesPerS: 7, deliveriesPerS: 1 });
});

it('says what was refused, and when it was last', async () => {
  house.incidents.report({ door: 'mqtt', who: 'lamp', code: 'PEER_NOT_ALLOWED', message: 'No.' });
  expect((await overview()).incidents).toEqual([
    { listener: 'mqtt', code: 'PEER_NOT_ALLOWED', count: 1, lastMs: house.clock.now() },
  ]);
});

it('says what is wrong, and what to do', async () => {
  house.clock.trusted = false;
  for (let count = 0; count < 2; count++) {
    house.hub.noteContest({ id: 'lamp', protocol: 'oocsi', peer: '192.0.2.1:1' }, 'refused', { peer: '192.0.2.2:1' });
  }
  const { problems, isClockTrusted } = await overview();
  expect(problems.map(({ code }) => code)).toEqual(['ids_shared', 'clock']);
  expect(problems[0]?.sentence).toContain('the id lamp (oocsi)');
  expect(problems[0]?.advice).not.toBe('');
  expect(isClockTrusted).toBe(false);
});

it('says that the certificate for TLS has expired, as whoever uses TLS finds every door shut', async () => {
  const sentence = 'The certificate for TLS has expired.';
  const expired = {
    code: 'certificate',
    level: 'fault',
    values: { why: 'expired' },
    sentence,
    advice: 'Replace it.',
  } as const;
  await house.app.close();
  house = await buildWebHouse({ certificateFindings: () => [expired] });
  expect((await overview()).problems).toEqual([expired]);
});
