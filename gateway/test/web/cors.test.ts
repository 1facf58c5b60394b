import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OriginRules } from '../../src/web/origin-rules.ts';
import { createWebServer } from '../../src/web/server.ts';
import { buildObjects } from '../objects/objects-house.ts';

const FRIEND = 'https://editor.example';
const FOREIGN = 'https://evil.example';

type Headers = Record<string, string>;

interface Answer {
  status: number;
  allowed: string | undefined;
  vary: string | undefined;
  headers: Record<string, string | string[] | undefined>;
}

/** A gateway with objects that lets pages of FRIEND act; asks as a page of `origin` would. */
async function open(): Promise<
  (method: string, path: string, origin: string | undefined, more?: object) => Promise<Answer>
> {
  const house = await buildObjects();
  house.hub.join(new MemorySession('lamp'));
  const app = await createWebServer({
    context: house,
    serviceTimeoutMs: 1800,
    maxBodyBytes: 4096,
    objects: { objects: house.objects, stallMs: 30_000 },
    originRules: new OriginRules({ origins: [FRIEND], machineName: () => 'pi' }),
  });
  onTestFinished(() => app.close());
  return async (method, path, origin, { headers = {}, payload }: { headers?: Headers; payload?: string } = {}) => {
    const from: Headers = origin === undefined ? {} : { origin };
    const { statusCode, headers: answered } = await app.inject({
      method: method as 'GET',
      url: path,
      headers: { ...from, ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
    const { 'access-control-allow-origin': allowed, vary } = answered;
    return { status: statusCode, allowed, vary: vary as string | undefined, headers: answered as Answer['headers'] };
  };
}

const json = (value: object): { headers: Headers; payload: string } => ({
  headers: { 'content-type': 'application/json' },
  payload: JSON.stringify(value),
});

/** What a page may want of a gateway, and the status of its answer. */
const ASKED: [method: string, path: string, status: number, more?: { headers: Headers; payload: string }][] = [
  ['GET', '/status', 200],
  ['GET', '/channels', 200],
  ['POST', '/send/lamp', 200, json({ sender: 'page', led: 1 })],
  ['POST', '/send', 200, json({ sender: 'page', channel: 'lamp', led: 1 })],
  ['PUT', '/objects/a.txt?from=page', 201, { headers: { 'content-type': 'text/plain' }, payload: 'hello' }],
  ['GET', '/uploads', 200],
  // Errors are answers too.
  ['POST', '/send/lamp', 400, json({ led: 1 })],
  ['POST', '/send/lamp', 413, json({ sender: 'page', text: 'x'.repeat(5000) })],
  ['POST', '/send/lamp', 415, { headers: { 'content-type': 'image/png' }, payload: 'x' }],
  ['PUT', '/objects/a.txt?from=page&sha256=short', 400, { headers: {}, payload: 'hello' }],
  ['PUT', '/uploads/none/retry', 404],
  ['DELETE', '/uploads/none', 404],
  ['GET', '/nobody/call', 404],
  ['GET', '/nothing', 404],
  ['GET', '/status%', 400],
];

describe('a page of an origin that http.origins lists', () => {
  it.each(ASKED)('reads the answer to %s %s, %i', async (method, path, status, more) => {
    const ask = await open();
    const answer = await ask(method, path, FRIEND, more);
    expect(answer).toMatchObject({ status, allowed: FRIEND, vary: expect.stringContaining('Origin') });
    expect(answer.headers['access-control-expose-headers']).toMatch(/^\*, content-disposition/);
  });

  it.each(['/status', '/send/lamp', '/objects/a.txt', '/objects', '/uploads/1', '/nobody/call'])(
    'is told beforehand that it may ask %s, with the headers it names',
    async (path) => {
      const ask = await open();
      const headers = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type, x-a' };
      const { status, allowed, vary, headers: answered } = await ask('OPTIONS', path, FRIEND, { headers });
      expect([status, allowed, vary]).toEqual([204, FRIEND, 'Origin']);
      expect(answered['access-control-allow-headers']).toBe('content-type, x-a');
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
        expect(answered['access-control-allow-methods']).toContain(method);
      }
    },
  );

  it('reads the events of a channel', async () => {
    const house = await buildObjects();
    const originRules = new OriginRules({ origins: [FRIEND], machineName: () => 'pi' });
    const app = await createWebServer({ context: house, serviceTimeoutMs: 1800, maxBodyBytes: 4096, originRules });
    onTestFinished(() => app.close());
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const answer = await new Promise<{ statusCode?: number | undefined; headers: object }>((resolve, reject) => {
      get({ port, host: '127.0.0.1', path: '/subscribe/lamp', headers: { origin: FRIEND } }, (response) => {
        resolve(response);
        response.destroy();
      }).on('error', reject);
    });
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { 'access-control-allow-origin': FRIEND, vary: 'Origin' },
    });
  });
});

describe('a page of any other origin', () => {
  it.each(ASKED)('reads no answer to %s %s', async (method, path, _status, more) => {
    const ask = await open();
    expect(await ask(method, path, FOREIGN, more)).toMatchObject({ allowed: undefined, vary: 'Origin' });
  });

  it('is allowed nothing beforehand', async () => {
    const ask = await open();
    const headers = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
    for (const path of ['/status', '/send/lamp', '/uploads/1']) {
      const answer = await ask('OPTIONS', path, FOREIGN, { headers });
      expect([answer.allowed, answer.headers['access-control-allow-methods']]).toEqual([undefined, undefined]);
    }
  });

  it('does not read an object whose key it knows, and nothing else than its signed address lets it', async () => {
    const ask = await open();
    const put = await ask('PUT', '/objects/a.txt?from=page', undefined, { headers: {}, payload: 'hello' });
    expect(put.status).toBe(201);
    expect(await ask('GET', '/objects/cross_comm/page/none.txt', FOREIGN)).toMatchObject({
      status: 403,
      allowed: undefined,
    });
    const signed = '/objects/cross_comm/page/none.txt?expires=1&signature=x';
    expect(await ask('GET', signed, FOREIGN)).toMatchObject({ status: 403, allowed: '*' });
  });
});

it('what a program reads is not taken from a cache for a page', async () => {
  const ask = await open();
  expect(await ask('GET', '/status', undefined)).toMatchObject({ status: 200, allowed: undefined, vary: 'Origin' });
});
