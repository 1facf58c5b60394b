import { accountOf } from '@crosscomm/testing/accounts';
import { secretToken } from '@crosscomm/testing/secrets';
import { buildHouse, MemorySession, MemoryWire, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, it } from 'vitest';
import { CrossCommSession } from '../../../src/protocols/crosscomm/session.ts';
import { frame } from './frames.ts';

const TOKENS = { ann: secretToken(), eve: secretToken() };

let house: TestHouse;
beforeEach(async () => {
  house = buildHouse();
  house.roles.replace([
    {
      name: 'narrow',
      readsInboxes: false,
      rules: [
        { effect: 'allow', actions: ['send', 'subscribe', 'presence', 'upload'] },
        { effect: 'deny', actions: ['send', 'subscribe'], topics: ['all', 'secret/#'] },
        { effect: 'deny', actions: ['presence'], topics: ['ann'] },
        { effect: 'deny', actions: ['upload'], topics: ['private/#'] },
      ],
    },
  ]);
  for (const [name, token] of Object.entries(TOKENS)) {
    await house.accounts.add(accountOf(name, { token, roles: [name === 'eve' ? 'narrow' : 'member'] }));
  }
});

interface Client {
  wire: MemoryWire;
  session: CrossCommSession;
  say(type: string, fields?: Record<string, unknown>): void;
  heard(): Record<string, unknown>[];
}

function connect(id: string, credentials?: { username: string; password: string }): Client {
  const wire = new MemoryWire();
  const options = { heartbeatTimeoutMs: 60_000, maxMessageBytes: 1_048_576 };
  const session = new CrossCommSession(wire, house, options, credentials);
  return {
    wire,
    session,
    say: (type, fields = {}) =>
      session.receive(frame({ from_client_id: id, to_client_id: 'server', msg_type: type, content: {}, ...fields })),
    heard: () => wire.take().map((unit) => JSON.parse(unit.slice(unit.indexOf('{'))) as Record<string, unknown>),
  };
}

function login(id: string, username: keyof typeof TOKENS): Client {
  const client = connect(id, { username, password: TOKENS[username] });
  client.say('login');
  client.wire.take();
  return client;
}

function ids(client: Client): string[] {
  client.say('list_clients', { content: '{}' });
  const [answer] = client.heard();
  const { clients } = JSON.parse(String(answer?.content)) as { clients: { client_id: string }[] };
  return clients.map(({ client_id }) => client_id);
}

describe('HTTP Basic', () => {
  it.each([
    ['the account', 'lamp', 'ann'],
    ['an id that it owns', 'ann-desk', 'ann-desk'],
    ['its own id, which nobody owns, with a token', 'lamp', 'lamp'],
  ])('names %s', (_, id, username) => {
    const client = connect(id, { username, password: TOKENS.ann });
    client.say('login');
    expect(client.session.principal).toMatchObject({ id, account: 'ann', proof: 'token' });
    expect(client.heard()).toMatchObject([{ msg_type: 'login_response', content: { status: 'success' } }]);
  });

  it.each([
    ['a wrong secret', 'lamp', { username: 'ann', password: 'wrong' }],
    ['the name of another account', 'lamp', { username: 'eve', password: TOKENS.ann }],
    ['an id of another account', 'ann', { username: 'eve', password: TOKENS.eve }],
  ])('with %s is refused, and its login answered with an error', async (_, id, credentials) => {
    const client = connect(id, credentials);
    client.say('login');
    await expect.poll(() => client.wire.ended).toMatchObject({ code: 1008 });
    expect(client.heard()).toMatchObject([{ msg_type: 'login_response', content: { status: 'error' } }]);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_NOT_ALLOWED': 1 });
  });
});

describe('a client that may not', () => {
  it('hear or send to all does neither, and is in again once it may', async () => {
    const ann = login('ann', 'ann');
    const eve = login('eve', 'eve');
    eve.say('text', { to_client_id: 'all', content: 'boo' });
    ann.say('text', { to_client_id: 'all', content: 'hello' });
    expect([...ann.heard(), ...eve.heard()]).toEqual([]);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_NOT_ALLOWED': 1 });
    await house.accounts.update('eve', (account) => ({ ...account, roles: ['member'] }));
    eve.say('heartbeat');
    ann.say('text', { to_client_id: 'all', content: 'hello' });
    expect(eve.heard()).toMatchObject([{ content: 'hello' }]);
    await house.accounts.update('eve', (account) => ({ ...account, roles: ['narrow'] }));
    ann.say('text', { to_client_id: 'all', content: 'hello' });
    expect(eve.heard()).toEqual([]);
  });

  it('know of somebody does not find it in its list', () => {
    login('ann', 'ann');
    const eve = login('eve', 'eve');
    expect(ids(eve)).toEqual(['eve']);
    expect(ids(login('other', 'ann'))).toEqual(['ann', 'eve', 'other']);
  });

  it('send, call or send files there is told so by a receipt', () => {
    const eve = login('eve', 'eve');
    const listener = new MemorySession('listener');
    house.hub.join(listener);
    for (const channel of ['secret/a', 'robot', 'files']) house.hub.subscribe(listener, channel);
    eve.say('dict', { content: { receipts: true } });
    eve.heard();
    eve.say('text', { to_client_id: 'secret/a', content: 'x' });
    eve.say('dict', { to_client_id: 'robot', content: { '_MESSAGE_\u0048ANDLE': 'go', _MESSAGE_ID: '1' } });
    eve.say('file', { to_client_id: 'files', content: 'a.txt', oss_key: 'private/a.txt' });
    expect(eve.heard().map(({ content }) => content)).toMatchObject([
      { reason: 'not_allowed' },
      { reason: 'not_allowed' },
      { reason: 'not_allowed' },
    ]);
    expect(listener.received).toEqual([]);
    eve.say('file', { to_client_id: 'files', content: 'a.txt', oss_key: 'cross_comm/eve/a.txt' });
    expect(listener.received).toMatchObject([{ objectKey: 'cross_comm/eve/a.txt' }]);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_NOT_ALLOWED': 3 });
  });
});

describe('before its login a connection', () => {
  it('lists whom its credentials may know of', () => {
    login('ann', 'ann');
    expect(ids(connect('eve', { username: 'eve', password: TOKENS.eve }))).toEqual([]);
    expect(ids(connect('lamp', { username: 'ann', password: TOKENS.ann }))).toEqual(['ann']);
  });

  it('lists nobody where nobody joins without a proof', () => {
    house = buildHouse({ anonymous: 'deny' });
    const client = connect('lamp');
    client.say('list_clients', { content: '{}' });
    expect(client.heard()).toEqual([]);
    expect(client.wire.ended).toMatchObject({ code: 1008 });
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_NOT_ALLOWED': 1 });
  });
});

it('a client whose account is removed is cut off at once', async () => {
  const ann = login('lamp', 'ann');
  await house.accounts.remove('ann');
  expect(ann.wire.ended).toMatchObject({ code: 1008, reason: 'not allowed any more' });
  expect(house.hub.onlineIds()).toEqual([]);
});
