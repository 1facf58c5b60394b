import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MemorySession } from '@crosscomm/testing/test-hub';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createWebServer } from '../../../src/web/server.ts';
import { buildObjects, type ObjectsHouse } from '../../objects/objects-house.ts';
import { addAccount, bearer } from '../accounts.ts';

let house: ObjectsHouse;
let app: FastifyInstance;
let anna: string;
let ben: string;

/** `anna` and `ben` may upload and read what is theirs, and nothing else; `ben` may send to nobody. */
beforeEach(async () => {
  house = await buildObjects();
  const objects = { objects: house.objects, stallMs: 30_000 };
  app = await createWebServer({ context: house, serviceTimeoutMs: 1800, maxBodyBytes: 4096, objects });
  onTestFinished(() => app.close());
  rules(['upload', 'read', 'send']);
  anna = await addAccount(house, 'anna', { role: 'own' });
  ben = await addAccount(house, 'ben', { role: 'mute' });
});

function rules(own: readonly ('upload' | 'read' | 'send')[]): void {
  const topics = ['cross_comm/%a/#', '%a', 'lamp'];
  house.roles.replace([
    { name: 'own', readsInboxes: false, rules: [{ effect: 'allow', actions: own, topics }] },
    { name: 'mute', readsInboxes: false, rules: [{ effect: 'allow', actions: ['upload', 'read'], topics }] },
  ]);
}

async function ask(token: string, method: 'GET' | 'PUT', url: string, more = {}): Promise<LightMyRequestResponse> {
  return await app.inject({
    method,
    url,
    headers: { ...bearer(token), ...more },
    payload: method === 'PUT' ? 'hello' : '',
  });
}

async function keyOf(token: string, from: string): Promise<string> {
  const answer = await ask(token, 'PUT', `/objects/a.txt?from=${from}`);
  expect([answer.statusCode, answer.body]).toEqual([201, expect.stringContaining('"key"')]);
  return answer.json().key;
}

describe('an account by HTTP', () => {
  it('appends to what it may upload, and to nothing else', async () => {
    const append = async (token: string, key: string, more = ''): Promise<number> =>
      (await ask(token, 'PUT', `/objects/${key}?append${more}`)).statusCode;
    expect(await append(anna, 'cross_comm/anna/log')).toBe(201);
    expect(await append(anna, 'cross_comm/anna/log', '&position=5')).toBe(200);
    expect(await append(ben, 'cross_comm/anna/log')).toBe(403);
    expect(await append(ben, 'cross_comm/anna/log', '&from=ben')).toBe(403);
    expect(await append(anna, 'lamp', '&from=anna')).toBe(201);
    rules(['read', 'send']);
    expect(await append(anna, 'cross_comm/anna/log')).toBe(403);
  });

  it('stores and reads what its rules allow, and nothing else', async () => {
    const key = await keyOf(anna, 'anna');
    expect((await ask(anna, 'GET', `/objects/${key}`)).body).toBe('hello');
    expect((await ask(ben, 'GET', `/objects/${key}`)).statusCode).toBe(403);
    // Whether there is such an object is not for everyone, either.
    expect((await ask(ben, 'GET', '/objects/cross_comm/anna/none')).statusCode).toBe(403);
    // The name is anna's own, and where it is free the key is not.
    expect((await ask(ben, 'PUT', '/objects/a.txt?from=anna')).statusCode).toBe(403);
    expect((await ask(ben, 'PUT', '/objects/a.txt?from=free')).statusCode).toBe(403);
    expect((await ask(ben, 'PUT', '/objects/a.txt?from=ben&to=lamp')).statusCode).toBe(403);
  });

  it('sees in lists only what it may read', async () => {
    const mine = await keyOf(anna, 'anna');
    const others = await keyOf(ben, 'ben');
    const list = async (token: string): Promise<string[]> => {
      const { objects } = (await ask(token, 'GET', '/api/v1/objects')).json() as { objects: { key: string }[] };
      return objects.map(({ key }) => key);
    };
    expect([await list(anna), await list(ben)]).toEqual([[mine], [others]]);
  });

  it('reads by a signed address what it may not read otherwise', async () => {
    const key = await keyOf(anna, 'anna');
    const address = new URL(house.objects.links.urlOf(key) ?? '');
    expect((await ask(ben, 'GET', address.pathname + address.search)).body).toBe('hello');
  });

  it('is given no address to read at where it may only upload', async () => {
    expect((await ask(anna, 'PUT', '/objects/a.txt?from=anna')).json().url).toContain('signature=');
    rules(['upload', 'send']);
    expect((await ask(anna, 'PUT', '/objects/a.txt?from=anna')).json().url).toBeUndefined();
  });

  it('tells nobody of a file that it may not send any more when it is stored', async () => {
    const lamp = new MemorySession('lamp');
    house.hub.join(lamp);
    const url = '/objects/a.txt?from=anna&to=lamp&upload=t';
    const part = (bytes: string): object => ({ 'content-range': bytes, 'content-length': '5' });
    expect((await ask(anna, 'PUT', `${url}1`, part('bytes 0-4/10'))).statusCode).toBe(202);
    expect((await ask(anna, 'PUT', `${url}1`, part('bytes 5-9/10'))).statusCode).toBe(201);
    await expect.poll(() => lamp.received.length).toBe(1);
    const upload = await house.objects.uploads.begin({
      from: 'anna',
      account: 'anna',
      to: 'lamp',
      name: 'b',
      kind: 'file',
    });
    if (!('upload' in upload)) throw new Error('it is there already');
    rules(['upload', 'read']);
    await upload.upload.append(Buffer.from('hello'));
    await upload.upload.finish();
    await expect.poll(() => house.log.lines.join()).toContain('may not send there any more');
    expect(lamp.received).toHaveLength(1);
  });

  it('does not go on with the upload of another account', async () => {
    const part = (bytes: string): object => ({ 'content-range': bytes, 'content-length': '5' });
    house.roles.replace([
      { name: 'own', readsInboxes: false, rules: [{ effect: 'allow', actions: ['upload', 'send'] }] },
    ]);
    await house.accounts.update('ben', (account) => ({ ...account, roles: ['own'] }));
    const url = '/objects/a.txt?from=free&upload=t1';
    const first = await ask(anna, 'PUT', url, part('bytes 0-4/10'));
    expect([first.statusCode, first.json()]).toEqual([202, { offset: 5 }]);
    const other = await ask(ben, 'PUT', url, part('bytes 5-9/10'));
    expect([other.statusCode, other.json().offset]).toEqual([409, 0]);
    const last = await ask(anna, 'PUT', url, part('bytes 5-9/10'));
    expect([last.statusCode, last.json().size]).toEqual([201, 10]);
  });
});

describe('what takes long ends within a second', () => {
  /** What an account may no longer do, by what was changed. */
  const changes: [string, () => unknown][] = [
    ['its account is removed', () => house.accounts.remove('anna')],
    ['its token is revoked', () => house.accounts.update('anna', (account) => ({ ...account, tokens: [] }))],
    ['a rule forbids it', () => rules([])],
  ];
  let port: number;

  beforeEach(async () => {
    await app.listen({ host: '127.0.0.1', port: 0 });
    ({ port } = app.server.address() as AddressInfo);
  });

  it.each(changes)('a download, where %s', async (_, change) => {
    const upload = await house.objects.uploads.begin({ from: 'anna', name: 'a.bin', kind: 'file' });
    if (!('upload' in upload)) throw new Error('it is there already');
    for (let piece = 0; piece < 32; piece++) await upload.upload.append(Buffer.alloc(2 ** 20));
    const { key } = await upload.upload.finish();
    const sent = get({ host: '127.0.0.1', port, path: `/objects/${key}`, headers: bearer(anna) });
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    const ended = closed(answer);
    await change();
    house.clock.advance(1000);
    answer.resume();
    await ended;
    expect(answer.complete).toBe(false);
  });

  it.each(changes)('an upload, where %s', async (_, change) => {
    const headers = { ...bearer(anna), 'content-length': 1000 };
    const sent = request({ host: '127.0.0.1', port, method: 'PUT', path: '/objects/a.bin?from=anna', headers });
    const ended = new Promise((resolve) => sent.on('error', resolve).on('response', resolve));
    sent.write('begin');
    await expect.poll(() => house.objects.counts().receiving).toBe(1);
    await change();
    house.clock.advance(1000);
    await ended;
    await expect.poll(() => house.objects.counts().receiving).toBe(0);
  });

  it.each(changes)('a stream of events, where %s', async (_, change) => {
    house.roles.replace([{ name: 'own', readsInboxes: false, rules: [{ effect: 'allow', actions: ['subscribe'] }] }]);
    house.hub.join(new MemorySession('other'));
    const sent = get({ host: '127.0.0.1', port, path: '/subscribe/lamp', headers: bearer(anna) });
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    const ended = closed(answer.resume());
    await change();
    house.clock.advance(1000);
    await ended;
    expect(house.hub.summary(10).online).toBe(1);
  });
});

function closed(answer: IncomingMessage): Promise<unknown> {
  return new Promise((resolve) => answer.on('error', () => {}).on('close', resolve));
}
