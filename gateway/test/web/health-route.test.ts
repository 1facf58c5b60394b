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
