import { PerformanceObserver } from 'node:perf_hooks';
import { secretToken } from '@crosscomm/testing/secrets';
import { MemorySession } from '@crosscomm/testing/test-hub';
import type { InjectOptions } from 'fastify';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { addAccount, addRole, bearer } from './accounts.ts';
import { buildWebHouse, type WebHouse } from './support.ts';

let house: WebHouse;

beforeEach(async () => {
  house = await buildWebHouse();
});
afterEach(() => house.app.close());

async function metrics(options: InjectOptions = {}): Promise<{ status: number; type: unknown; body: string }> {
  const { statusCode, headers, body } = await house.app.inject({ url: '/metrics', ...options });
  return { status: statusCode, type: headers['content-type'], body };
}

it('is text that Prometheus reads, with what is counted at this moment', async () => {
  house.hub.join(new MemorySession('a', 'mqtt'));
  const first = await metrics();
  expect(first).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
  expect(first.body).toContain('# TYPE crosscomm_online_clients gauge\n');
  expect(first.body).toContain('\ncrosscomm_online_clients{protocol="mqtt"} 1\n');
  house.hub.join(new MemorySession('b', 'mqtt'));
  house.incidents.report({ door: 'mqtt', who: 'a "b"', code: 'PEER_NOT_ALLOWED', message: 'No.' });
  const { body } = await metrics();
  expect(body).toContain('crosscomm_online_clients{protocol="mqtt"} 2\n');
  expect(body).toContain('crosscomm_incidents_total{listener="mqtt",code="PEER_NOT_ALLOWED"} 1\n');
});

it('is OpenMetrics where that is asked for, whoever asked for the other before', async () => {
  await metrics();
  const headers = { accept: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2' };
  const { type, body } = await metrics({ headers });
  expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(body).toContain('# TYPE crosscomm_messages counter\ncrosscomm_messages_total 0\n');
  expect(body).toMatch(/\n# EOF\n$/);
  expect((await metrics()).body).toContain('# TYPE crosscomm_messages_total counter\ncrosscomm_messages_total 0\n');
});

it('has the delay of the event loop in buckets that add up', async () => {
  house.clock.advance(1000);
  const { body } = await metrics();
  expect(body).toContain('# TYPE crosscomm_event_loop_delay_seconds histogram\n');
  expect(body).toContain('crosscomm_event_loop_delay_seconds_bucket{le="0.005"} 1\n');
  expect(body).toContain('crosscomm_event_loop_delay_seconds_bucket{le="+Inf"} 1\n');
  expect(body).toContain('crosscomm_event_loop_delay_seconds_count 1\n');
});

it('has what is usual of a process: processor time, memory, descriptors', async () => {
  const { body } = await metrics();
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_start_time_seconds'])
    expect(body).toMatch(new RegExp(`\n${name} [0-9.e+]+\n`));
  expect(body).toMatch(/\nnodejs_version_info\{version="v\d+\.\d+\.\d+",/);
});

it('counts every garbage collection, also those of one turn of the event loop', async () => {
  await metrics();
  let seen = 0;
  const observer = new PerformanceObserver((list) => {
    seen += list.getEntries().length;
  });
  observer.observe({ entryTypes: ['gc'] });
  onTestFinished(() => observer.disconnect());
  const counted = async (): Promise<number> =>
    Array.from((await metrics()).body.matchAll(/^nodejs_gc_duration_seconds_count\{.*\} (\d+)$/gm), ([, count]) =>
      Number(count),
    ).reduce((sum, count) => sum + count, 0);
  const before = await counted();
  // Those that are counted already are not to be told of later.
  observer.takeRecords();
  seen = 0;
  let kept: object[] = [];
  for (let number = 0; number < 3_000_000; number++) {
    kept.push({ number });
    if (kept.length > 100_000) kept = [];
  }
  await vi.waitFor(() => expect(seen).toBeGreaterThan(3));
  const wanted = seen;
  expect((await counted()) - before).toBeGreaterThanOrEqual(wanted);
});

it('is for programs on this machine, and for accounts that may see who is online', async () => {
  addRole(house, 'left', [{ effect: 'allow', actions: ['presence'], topics: ['left/#'] }]);
  const viewer = await addAccount(house, 'vera', { role: 'viewer' });
  const other = await addAccount(house, 'lena', { role: 'left' });
  const from = async (token?: string): Promise<number> => {
    const headers = token === undefined ? {} : bearer(token);
    return (await metrics({ remoteAddress: '192.0.2.7', headers })).status;
  };
  expect(await from()).toBe(401);
  expect(await from(viewer)).toBe(200);
  expect(await from(other)).toBe(403);
  expect(await from(secretToken())).toBe(401);
  expect((await metrics()).status).toBe(200);
});

it('is not for whom a proxy on this machine passes on', async () => {
  const headers = { 'x-forwarded-for': '192.0.2.7' };
  expect(await metrics({ headers })).toMatchObject({ status: 401 });
});
