import { expect, it, onTestFinished } from 'vitest';
import { buildWebHouse } from './support.ts';

it.each(['GET', 'HEAD'] as const)(
  'tells whoever asks by %s that the gateway answers, and nothing else',
  async (method) => {
    const { app } = await buildWebHouse();
    onTestFinished(() => app.close());
    const answer = await app.inject({ method, url: '/healthz' });
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(answer.body).toBe(method === 'GET' ? '{"status":"ok"}' : '');
  },
);

it.each([
  ['ready', 200],
  ['starting', 503],
  ['stopping', 503],
  ['unwritable', 503],
] as const)('tells whoever asks that the gateway is %s, and nothing else', async (state, status) => {
  const { app } = await buildWebHouse({ readiness: () => state });
  onTestFinished(() => app.close());
  const answer = await app.inject({ url: '/readyz', remoteAddress: '192.0.2.7' });
  expect([answer.statusCode, answer.headers['cache-control']]).toEqual([status, 'no-store']);
  expect(answer.json()).toEqual({ status: state });
  expect((await app.inject({ method: 'HEAD', url: '/readyz' })).statusCode).toBe(status);
});
