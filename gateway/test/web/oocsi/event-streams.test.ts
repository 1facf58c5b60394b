import { get, type IncomingMessage } from 'node:http';
import { SlowProof } from '@crosscomm/testing/slow-proof';
import { type HouseOptions, MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, describe, expect, it } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { listen } from '../../../src/transports/listen.ts';
import type { WebServerOptions } from '../../../src/web/server.ts';
import { addAccount, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

let house: WebHouse;
let port = 0;
afterEach(() => house.app.close());

async function open(options: Partial<WebServerOptions> = {}, inside: HouseOptions = {}): Promise<void> {
  house = await buildWebHouse(options, inside);
  ({ port } = await listen(house.app.server, { host: '127.0.0.1', port: 0, listener: 'http' }));
}

function subscribe(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers }, resolve).on('error', reject);
  });
}

/** Reads until `end` has come. */
function readUntil(response: IncomingMessage, end: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: string): void => {
      text += chunk;
      if (!text.includes(end)) return;
      response.off('data', onData);
      response.pause();
      resolve(text);
    };
    response.setEncoding('utf8').on('data', onData).on('error', reject).resume();
  });
}

function say(to: string, body: string): void {
  house.hub.send(new Message({ from: 'bert', to, kind: 'dict', body, timestampMs: 0 }));
}

describe('GET /subscribe/CH', () => {
  it('streams the data of each message, the retained one first', async () => {
    await open();
    const kept = new Message({ from: 'bert', to: 'a/b', kind: 'dict', body: '{"n":0}', timestampMs: 0 });
    house.hub.send(kept, { retainMs: 60_000 });
    const response = await subscribe('/subscribe/a%2Fb');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    say('a/b', '{"text": "é",\n "n": 1.0}');
    expect(await readUntil(response, 'é"}\n\n')).toBe(
      ': subscribed\n\ndata: {"n":0}\n\ndata: {"n":1.0,"text":"é"}\n\n',
    );
    response.destroy();
  });

  it('may be read by the pages that may subscribe, and their browsers are told so', async () => {
    await open();
    const origin = 'http://localhost:5173';
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/subscribe/x', headers: { origin } }, resolve).on('error', reject);
    });
    expect([response.statusCode, response.headers]).toMatchObject([
      200,
      { 'access-control-allow-origin': origin, vary: 'Origin', 'content-type': 'text/event-stream; charset=utf-8' },
    ]);
    response.destroy();
  });

  it('is a client while it lasts', async () => {
    await open();
    const left = new Promise<string>((resolve) => house.hub.events.on('leave', resolve));
    const response = await subscribe('/subscribe/room');
    const [id] = house.hub.members('room');
    expect(id).toMatch(/^http-[0-9a-f]{4}$/);
    response.destroy();
    expect(await left).toBe(id);
    expect(house.hub.clients()).toEqual([]);
  });

  it('shows every 15 s that it is alive', async () => {
    await open();
    const response = await subscribe('/subscribe/room');
    house.clock.advance(15_000);
    expect(await readUntil(response, 'here\n\n')).toBe(': subscribed\n\n: still here\n\n');
    response.destroy();
  });

  it('refuses what cannot be subscribed to before it begins a stream', async () => {
    await open({ maxStreams: 1 });
    const anna = new MemorySession('anna');
    house.hub.join(anna);
    house.hub.subscribe(anna, 'safe:secret');
    expect((await subscribe('/subscribe/safe:wrong')).statusCode).toBe(403);
    expect((await subscribe('/subscribe/room[filter')).statusCode).toBe(400);
    expect((await subscribe('/subscribe/')).statusCode).toBe(400);
    const response = await subscribe('/subscribe/safe:secret');
    expect(response.statusCode).toBe(200);
    expect((await subscribe('/subscribe/room')).statusCode).toBe(503);
    expect(house.hub.clients()).toHaveLength(2);
    response.destroy();
  });

  it('leaves places for others, whoever has taken a share of them', async () => {
    await open({ maxStreams: 8 });
    const own = [await subscribe('/subscribe/room'), await subscribe('/subscribe/room')];
    expect(own.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect((await subscribe('/subscribe/room')).statusCode).toBe(429);
    expect(house.incidents.counts()).toMatchObject({ 'http PEER_TOO_MANY': 1 });
    expect(house.metrics.value('crosscomm_http_place_refusals_total', { kind: 'streams', limit: 'share' })).toBe(1);
    expect(house.hub.clients()).toHaveLength(2);
    const proof = bearer(await addAccount(house, 'anna'));
    const other = await subscribe('/subscribe/room', proof);
    expect(other.statusCode).toBe(200);
    own[0]?.destroy();
    await expect.poll(async () => (await subscribe('/subscribe/room')).statusCode).toBe(200);
    for (const response of [...own, other]) response.destroy();
  });

  it('leaves out the newest events for a reader that is too slow, and none in the middle', async () => {
    await open({ outboxLimits: { maxQueueBytes: 100_000, fairShareBytes: 100_000 } });
    const response = await subscribe('/subscribe/room');
    response.pause();
    const padding = 'x'.repeat(50_000);
    let sent = 0;
    // Each turn leaves the loop to the socket, until the system's own buffers are full too.
    while (house.incidents.counts()['http PEER_TOO_SLOW'] === undefined && sent < 2000) {
      say('room', `{"n":${sent++},"padding":"${padding}"}`);
      await new Promise(setImmediate);
    }
    expect(house.incidents.counts()).toEqual({ 'http PEER_TOO_SLOW': 1 });
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const ended = new Promise((resolve) => response.on('close', resolve));
    response.resume();
    house.hub.session(house.hub.members('room')[0] as string)?.close('left');
    await ended;
    const events = text.split('\n\n').slice(1, -1);
    expect(events.map((event) => JSON.parse(event.slice('data: '.length)).n)).toEqual([...Array(sent - 1).keys()]);
  });

  it('ends when the server closes', async () => {
    await open();
    const response = await subscribe('/subscribe/room');
    const ended = new Promise((resolve) => response.on('close', resolve));
    response.on('error', () => {});
    response.resume();
    await house.app.close();
    await ended;
    expect(house.hub.members('room')).toEqual([]);
  });
});

describe('a stream whose client is not let in yet', () => {
  it('counts among those that are open', async () => {
    const proof = new SlowProof();
    await open({ maxStreams: 1 }, { prove: proof.prove });
    const first = subscribe('/subscribe/news');
    await expect.poll(() => proof.claims.length).toBe(1);
    expect((await subscribe('/subscribe/news')).statusCode).toBe(503);
    await proof.settle();
    const response = await first;
    expect(response.statusCode).toBe(200);
    response.destroy();
  });

  it('has no place any more once it is refused', async () => {
    const proof = new SlowProof();
    await open({ maxStreams: 1 }, { prove: proof.prove });
    for (let times = 0; times < 2; times++) {
      const response = subscribe('/subscribe/news');
      await expect.poll(() => proof.claims.length).toBe(1);
      await proof.settle({ reason: 'not_allowed', why: 'it may not join' });
      expect((await response).statusCode).toBe(403);
    }
  });

  it('leaves nothing behind where it goes meanwhile', async () => {
    const proof = new SlowProof();
    await open({}, { prove: proof.prove });
    const closed = new Promise((done) => house.app.server.once('connection', (socket) => socket.once('close', done)));
    const request = get({ host: '127.0.0.1', port, path: '/subscribe/news' });
    request.on('error', () => {});
    await expect.poll(() => proof.claims.length).toBe(1);
    request.destroy();
    await closed;
    const online = house.hub.onlineCount;
    const timers = house.clock.timers;
    await proof.settle();
    expect(house.hub.members('news')).toEqual([]);
    expect(house.hub.onlineCount).toBe(online);
    expect(house.clock.timers).toBeLessThan(timers);
  });
});

it('a call of a service has no place any more once its client is refused', async () => {
  const proof = new SlowProof();
  await open({ maxCalls: 1 }, { prove: proof.prove });
  for (let times = 0; times < 2; times++) {
    const response = subscribe('/lamp/on');
    await expect.poll(() => proof.claims.length).toBe(1);
    await proof.settle({ reason: 'not_allowed', why: 'it may not join' });
    expect((await response).statusCode).toBe(403);
  }
});
