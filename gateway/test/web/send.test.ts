import { secretPassword } from '@crosscomm/testing/secrets';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, describe, expect, it } from 'vitest';
import { buildWebHouse, type WebHouse } from './support.ts';

let house: WebHouse;
afterEach(() => house.app.close());

async function withReader(channel: string): Promise<MemorySession> {
  house = await buildWebHouse();
  const reader = new MemorySession('reader');
  house.hub.join(reader);
  house.hub.subscribe(reader, channel);
  return reader;
}

const post = (url: string, payload: string | object, type = 'application/json') =>
  house.app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });

describe('POST /send', () => {
  it('sends JSON with its numbers as they are written, and answers the receipt', async () => {
    const reader = await withReader('a/b');
    const answer = await post(
      '/send/a%2Fb',
      '{"sender": "web", "big": 12345678901234567890, "one": 1.0, "channel": "x"}',
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ delivered: 1, refused: 0, reason: null });
    expect(reader.received.map(({ from, to, kind, text }) => ({ from, to, kind, text }))).toEqual([
      { from: 'web', to: 'a/b', kind: 'dict', text: '{"big":12345678901234567890,"one":1.0}' },
    ]);
  });

  it('takes forms, and JSON that curl calls a form', async () => {
    const reader = await withReader('room');
    const form = 'application/x-www-form-urlencoded';
    await post('/send/room', 'sender=web&text=a+b%26c&n=1&n=2', form);
    await post('/send/room', '{"sender":"web","n":1}', form);
    expect(reader.received.map(({ text }) => JSON.parse(text))).toEqual([{ text: 'a b&c', n: ['1', '2'] }, { n: 1 }]);
  });

  it('takes the channel from the body where the path has none', async () => {
    const reader = await withReader('room');
    expect((await post('/send', { sender: 'web', channel: 'room', n: 1 })).statusCode).toBe(200);
    expect((await post('/send', { sender: 'web', recipient: 'room', n: 1 })).statusCode).toBe(200);
    expect(reader.received).toHaveLength(2);
    expect((await post('/send', { sender: 'web' })).json()).toEqual({
      error: {
        code: 'PEER_MALFORMED',
        message: 'Where to? POST to /send/CHANNEL, or put a field "channel" in the body.',
      },
    });
  });

  it('answers 507 where there is no room to keep the message, which nobody gets', async () => {
    const reader = await withReader('room');
    const body = { sender: 'web', _RETAIN: 60 };
    while (house.hub.retainedBudget.count < 25) await post(`/send/${house.hub.retainedBudget.count}`, body);
    const answer = await post('/send/room', body);
    expect([answer.statusCode, answer.json().error.code]).toEqual([507, 'MESSAGES_FULL']);
    expect(answer.json().error.message).toMatch(/web to room/);
    expect(reader.received).toEqual([]);
  });

  it('says so when nobody listens', async () => {
    await withReader('room');
    expect((await post('/send/elsewhere', { sender: 'web' })).json()).toEqual({
      delivered: 0,
      refused: 0,
      reason: 'no_recipient',
    });
  });

  it('needs a sender and a channel with names that can be used', async () => {
    await withReader('room');
    for (const body of [{}, { sender: 5 }]) {
      const answer = await post('/send/room', body);
      expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'PEER_MALFORMED']);
    }
    for (const channel of ['a%00b', 'a%0Ab', 'x'.repeat(1025)]) {
      const answer = await post(`/send/${channel}`, { sender: 'web' });
      expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'PEER_BAD_NAME']);
    }
    for (const sender of ['', 'a b', 'a#', 'server', 'SERVER', 'x'.repeat(257)]) {
      const answer = await post('/send/room', { sender });
      expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'PEER_BAD_NAME']);
    }
  });

  it('does not let anyone send as a client that is online, or as a user with a password', async () => {
    const reader = await withReader('room');
    const taken = await post('/send/room', { sender: 'reader' });
    expect([taken.statusCode, taken.json().error.code]).toEqual([409, 'PEER_NAME_TAKEN']);
    await house.app.close();
    house = await buildWebHouse({}, { users: new Map([['boss', secretPassword()]]) });
    const refused = await post('/send/room', { sender: 'boss' });
    expect([refused.statusCode, refused.json().error.code]).toEqual([401, 'PEER_NOT_ALLOWED']);
    expect(reader.received).toEqual([]);
  });

  it('retains and delays as the fields with a meaning say', async () => {
    const reader = await withReader('room');
    await post('/send/kept', { sender: 'web', _RETAIN: 60, n: 1 });
    const late = new MemorySession('late');
    house.hub.join(late);
    house.hub.subscribe(late, 'kept');
    expect(late.received).toHaveLength(1);
    const receipt = (await post('/send/room', { sender: 'web', _DELAY: '2', n: 2 })).json();
    expect(receipt).toEqual({ delivered: 0, refused: 0, reason: null, dueMs: house.clock.now() + 2000 });
    expect(reader.received).toEqual([]);
    house.clock.advance(2000);
    expect(reader.received).toHaveLength(1);
  });

  it('refuses bodies it cannot read, each in a sentence', async () => {
    await withReader('room');
    const broken = await post('/send/room', '{"sender": "web", ');
    expect([broken.statusCode, broken.json()]).toEqual([
      400,
      {
        error: {
          code: 'PEER_MALFORMED',
          message: 'The body must be one JSON object, but there is a member without a name at character 18.',
        },
      },
    ]);
    const deep = await post('/send/room', `{"sender":"web","d":${'['.repeat(1000)}${']'.repeat(1000)}}`);
    expect(deep.statusCode).toBe(400);
    const long = await post('/send/room', { sender: 'web', text: 'x'.repeat(5000) });
    expect([long.statusCode, long.json().error]).toEqual([
      413,
      { code: 'PEER_TOO_LARGE', message: 'The body is longer than 4096 bytes, the most that is read.' },
    ]);
    const xml = await post('/send/room', '<a/>', 'application/xml');
    expect([xml.statusCode, xml.json().error.code]).toEqual([415, 'PEER_MALFORMED']);
    const empty = await house.app.inject({ method: 'POST', url: '/send/room' });
    expect(empty.statusCode).toBe(400);
    expect(house.incidents.counts()).toEqual({ 'http PEER_MALFORMED': 4, 'http PEER_TOO_LARGE': 1 });
  });
});
