import { secretPassword } from '@crosscomm/testing/secrets';
import { buildHouse, MemorySession, MemoryWire, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, test } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import type { CrossCommOptions } from '../../../src/protocols/crosscomm/options.ts';
import { CrossCommSession } from '../../../src/protocols/crosscomm/session.ts';
import type { Credentials } from '../../../src/transports/websocket-routes.ts';
import { frame } from './frames.ts';

interface Client {
  session: CrossCommSession;
  wire: MemoryWire;
  /** Sends a frame as this client. */
  say(type: string, fields?: Record<string, unknown>): void;
  /** What came since the last call, decoded. */
  heard(): Record<string, unknown>[];
}

/** Cuts the header of a WebSocket frame off; what is left is JSON here. */
function decode(unit: string): Record<string, unknown> {
  return JSON.parse(unit.slice(unit.indexOf('{'))) as Record<string, unknown>;
}

let house: TestHouse;
beforeEach(() => {
  house = buildHouse();
});

function connect(id: string, more: Partial<CrossCommOptions> = {}, credentials?: Credentials): Client {
  const wire = new MemoryWire();
  const options = { heartbeatTimeoutMs: 60_000, maxMessageBytes: 1_048_576, ...more };
  const session = new CrossCommSession(wire, house, options, credentials);
  return {
    session,
    wire,
    say: (type, fields = {}) =>
      session.receive(frame({ from_client_id: id, to_client_id: 'server', msg_type: type, content: {}, ...fields })),
    heard: () => wire.take().map(decode),
  };
}

function login(id: string, options: Partial<CrossCommOptions> = {}, credentials?: Credentials): Client {
  const client = connect(id, options, credentials);
  client.say('login');
  client.wire.take();
  return client;
}

/** Lets time pass, second by second, as the transport does. */
function pass(seconds: number, ...clients: Client[]): void {
  for (let second = 0; second < seconds; second++) {
    house.clock.advance(1000);
    for (const { session } of clients) session.tick(house.clock.monotonicMs());
  }
}

describe('login', () => {
  test('is answered by the server with success', () => {
    const ann = connect('ann');
    ann.say('login');
    const [answer] = ann.heard();
    expect(Object.keys(answer ?? {})).toEqual([
      'msg_id',
      'from_client_id',
      'to_client_id',
      'msg_type',
      'content',
      'timestamp',
      'oss_key',
    ]);
    expect(answer).toMatchObject({
      from_client_id: 'server',
      to_client_id: 'ann',
      msg_type: 'login_response',
      content: { status: 'success' },
      oss_key: null,
    });
    expect(house.hub.client('ann')).toMatchObject({ online: true, protocol: 'crosscomm', subscriptions: ['all'] });
  });

  test('twice on one connection is answered twice, and nobody sees the client come or go', () => {
    const ann = login('ann');
    const events: string[] = [];
    house.hub.events.on('join', (id) => events.push(`${id} came`));
    house.hub.events.on('leave', (id) => events.push(`${id} went`));
    ann.say('login');
    expect(ann.heard()).toHaveLength(1);
    expect(events).toEqual([]);
  });

  test('with another id on the same connection leaves the first', () => {
    const ann = login('ann');
    ann.say('login', { from_client_id: 'anna' });
    expect(ann.heard()).toMatchObject([{ msg_type: 'login_response', to_client_id: 'anna' }]);
    expect(house.hub.session('ann')).toBeUndefined();
    expect(house.hub.session('anna')).toBe(ann.session);
  });

  test('of the same id elsewhere closes the older connection, which cannot take the newer one offline', () => {
    const older = login('ann');
    const newer = login('ann');
    expect(older.wire.ended).toEqual({ code: 1008, reason: 'logged in elsewhere' });
    older.session.disconnected();
    expect(house.hub.session('ann')).toBe(newer.session);
    expect(house.hub.client('ann')?.subscriptions).toEqual(['all']);
  });

  test.each([
    ['server', /belongs to the gateway/],
    ['all', /belongs to the gateway/],
    ['', /belongs to the gateway/],
    ['oocsi-client', /came by oocsi/],
    ['x'.repeat(257), /too long/],
    ['new\nline', /control character/],
    ['\ud800', /control character/],
  ])('as %.20s is refused in words, and the connection is closed', (id, why) => {
    house.hub.join(new MemorySession('oocsi-client', 'oocsi'));
    const client = connect(id);
    client.say('login');
    expect(client.heard()).toMatchObject([
      { msg_type: 'login_response', content: { status: 'error', message: expect.stringMatching(why) } },
    ]);
    expect(client.wire.ended).toMatchObject({ code: 1008, reason: expect.stringMatching(why) });
  });

  test('asks the policy, with what came by HTTP Basic', () => {
    const password = secretPassword();
    house = buildHouse({ users: new Map([['ann', password]]) });
    const why = 'the id belongs to an account, whose password or token it needs';
    expect(login('ann').wire.ended).toMatchObject({ code: 1008, reason: why });
    expect(house.hub.session('ann')).toBeUndefined();
    const ann = login('ann', {}, { username: 'ann', password });
    expect(house.hub.session('ann')).toBe(ann.session);
  });

  test('with an id that is no string is dropped', () => {
    const client = connect('ann');
    client.say('login', { from_client_id: 7 });
    expect(client.heard()).toEqual([]);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_MALFORMED': 1 });
  });

  test('that does not come in time closes the connection', () => {
    const client = connect('ann', { handshakeTimeoutMs: 10_000 });
    pass(9, client);
    expect(client.wire.ended).toBeUndefined();
    pass(1, client);
    expect(client.wire.ended).toEqual({ code: 1008, reason: 'no login' });
  });

  test('is not put off by what else a connection says', () => {
    const client = connect('ann', { handshakeTimeoutMs: 10_000 });
    for (let second = 0; second < 10; second++) {
      client.say('heartbeat');
      pass(1, client);
    }
    expect(client.wire.ended).toEqual({ code: 1008, reason: 'no login' });
  });
});

describe('messages', () => {
  test('go to one client, word for word', () => {
    const [ann, ben, cid] = [login('ann'), login('ben'), login('cid')];
    const text = frame({ msg_type: 'dict' }, { content: '{"big": 12345678901234567890123, "n": NaN}' });
    ann.session.receive(text);
    expect(ben.wire.take().map((unit) => unit.slice(unit.indexOf('{')))).toEqual([text]);
    expect([...ann.heard(), ...cid.heard()]).toEqual([]);
  });

  test('to all reach everyone but the sender, other protocols that subscribed included', () => {
    const [ann, ben, cid] = [login('ann'), login('ben'), login('cid')];
    const oocsi = new MemorySession('oocsi-client');
    house.hub.join(oocsi);
    house.hub.subscribe(oocsi, 'all');
    ann.say('text', { to_client_id: 'all', content: 'hi' });
    expect(ben.heard()).toMatchObject([{ content: 'hi' }]);
    expect(cid.heard()).toMatchObject([{ content: 'hi' }]);
    expect(ann.heard()).toEqual([]);
    expect(oocsi.received).toMatchObject([{ kind: 'text', body: 'hi', to: 'all' }]);
  });

  test('to oneself are delivered', () => {
    const ann = login('ann');
    ann.say('text', { to_client_id: 'ann', content: 'note' });
    expect(ann.heard()).toMatchObject([{ content: 'note' }]);
  });

  test('carry the sender that the connection logged in as', () => {
    const [ann, ben] = [login('ann'), login('ben')];
    ann.say('text', { from_client_id: 'eve', to_client_id: 'ben' });
    expect(ben.heard()).toMatchObject([{ from_client_id: 'ann' }]);
  });

  test('to nobody are counted, and the sender hears nothing', () => {
    const ann = login('ann');
    ann.say('text', { to_client_id: 'nobody' });
    expect(ann.heard()).toEqual([]);
    expect(house.hub.counters.refusals.no_recipient).toBe(1);
  });

  test('before the login are dropped and counted', () => {
    const ben = login('ben');
    connect('ann').say('text', { to_client_id: 'ben' });
    expect(ben.heard()).toEqual([]);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_NOT_ALLOWED': 1 });
  });

  test.each(['', '{', 'null', '[]', '{"msg_id": "1"}', frame({ msg_type: 'shout' }), frame({ extra: 1 }), '\u0000'])(
    'such as %j are dropped and counted, without an answer',
    (text) => {
      const ann = login('ann');
      ann.session.receive(text);
      expect(ann.heard()).toEqual([]);
      expect(ann.wire.ended).toBeUndefined();
      expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_MALFORMED': 1 });
    },
  );

  test.each(['login_response', 'list_clients_response'])('of type %s cannot be sent by clients', (type) => {
    const [ann, ben] = [login('ann'), login('ben')];
    ann.say(type, { to_client_id: 'ben' });
    expect(ben.heard()).toEqual([]);
  });

  test('that need the longest frame there is pass, and one byte more does not', () => {
    const ann = login('ann');
    const send = (length: number): unknown =>
      house.hub.send(
        new Message({ from: 'dev', to: 'ann', kind: 'text', body: 'x'.repeat(length), timestampMs: 1, id: 'i' }),
      );
    send(0);
    const around = (ann.wire.take()[0] as string).replace(/^[^{]*/, '').length;
    expect(send(1_048_576 - around)).toMatchObject({ delivered: 1 });
    expect(send(1_048_577 - around)).toMatchObject({ delivered: 0, reason: 'too_large' });
    expect(ann.wire.take()).toHaveLength(1);
  });

  test('that do not fit the queue are refused to the sender', () => {
    const ann = login('ann');
    ann.wire.full = true;
    const message = new Message({ from: 'dev', to: 'ann', kind: 'text', body: 'x', timestampMs: 1 });
    expect(house.hub.send(message)).toMatchObject({ delivered: 0, reason: 'queue_full' });
  });

  test('may be forbidden by the policy', () => {
    house.access.maySend = (_, channel) => channel !== 'ben';
    const [ann, ben] = [login('ann'), login('ben')];
    ann.say('text', { to_client_id: 'ben' });
    expect(ben.heard()).toEqual([]);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_NOT_ALLOWED': 1 });
  });
});

describe('channels', () => {
  test('are joined and left by a dict to the server', () => {
    const [ann, ben] = [login('ann'), login('ben')];
    ben.say('dict', { content: { subscribe: ['news', 'a/b'] } });
    ann.say('text', { to_client_id: 'news', content: '1' });
    ben.say('dict', { content: { unsubscribe: ['news'] } });
    ann.say('text', { to_client_id: 'news', content: '2' });
    ann.say('text', { to_client_id: 'a/b', content: '3' });
    expect(ben.heard().map(({ content }) => content)).toEqual(['1', '3']);
  });

  test.each([
    [{}],
    [{ subscribe: 'news' }],
    [{ subscribe: [1] }],
    [{ subscribe: Array(1001).fill('x') }],
    [{ unsubscribe: null }],
    [{ hello: 1 }],
  ])('are not joined by %j', (content) => {
    const ann = login('ann');
    ann.say('dict', { content });
    expect(house.hub.client('ann')?.subscriptions).toEqual(['all']);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_MALFORMED': 1 });
  });

  test('that cannot be joined are counted, and the others are joined', () => {
    const ann = login('ann');
    ann.say('dict', { content: { subscribe: ['broken[', 'news'] } });
    expect(house.hub.client('ann')?.subscriptions).toEqual(['all', 'news']);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_BAD_NAME': 1 });
  });

  test('may be forbidden by the policy', () => {
    house.access.maySubscribe = (_, channel) => channel !== 'secret';
    const ann = login('ann');
    ann.say('dict', { content: { subscribe: ['secret'] } });
    expect(house.hub.client('ann')?.subscriptions).toEqual(['all']);
  });
});

describe('presence', () => {
  test('ends with a logout, and the connection stays for the client to close', () => {
    const ann = login('ann');
    ann.say('logout');
    expect(house.hub.client('ann')).toMatchObject({ online: false, subscriptions: [] });
    expect(ann.wire.ended).toBeUndefined();
    ann.say('heartbeat');
    expect(house.hub.session('ann')).toBeUndefined();
    ann.say('login');
    expect(house.hub.session('ann')).toBe(ann.session);
  });

  test('ends with the connection', () => {
    const ann = login('ann');
    ann.session.disconnected();
    expect(house.hub.client('ann')).toMatchObject({ online: false, subscriptions: ['all'] });
  });

  test('ends after a minute of silence, and comes back with a late heartbeat, subscriptions and all', () => {
    const [ann, ben] = [login('ann'), login('ben')];
    ann.say('dict', { content: { subscribe: ['news'] } });
    pass(1, ann);
    pass(59, ann);
    expect(house.hub.session('ann')).toBe(ann.session);
    pass(1, ann);
    expect(house.hub.session('ann')).toBeUndefined();
    ben.say('text', { to_client_id: 'ann' });
    expect(ann.heard()).toEqual([]);
    ann.say('heartbeat');
    ben.say('text', { to_client_id: 'news', content: 'back' });
    expect(ann.heard()).toMatchObject([{ content: 'back' }]);
    expect(ann.wire.ended).toBeUndefined();
  });

  test.each(['heartbeat', 'text', 'list_clients'])('is kept up by a %s now and then', (type) => {
    const ann = login('ann');
    for (let round = 0; round < 4; round++) {
      pass(40, ann);
      ann.say(type, { to_client_id: type === 'text' ? 'ann' : 'server' });
    }
    expect(house.hub.session('ann')).toBe(ann.session);
  });

  test('does not end when the wall clock jumps, as at the first word from a time server', () => {
    const ann = login('ann');
    house.clock.jumpTo(house.clock.now() + 86_400_000);
    pass(10, ann);
    house.clock.jumpTo(house.clock.now() - 2 * 86_400_000);
    pass(10, ann);
    expect(house.hub.session('ann')).toBe(ann.session);
  });

  test.each(['ann', 'd83add0a1b2c_1f2e3d4c'])(
    'has its subscriptions again after a silence, private ones too, as it is the same connection: %s',
    (id) => {
      const ann = login(id);
      ann.say('dict', { content: { subscribe: ['news', 'lab:secret'] } });
      pass(61, ann);
      expect(house.hub.members('news')).toEqual([]);
      ann.say('heartbeat');
      expect([house.hub.members('news'), house.hub.members('lab')]).toEqual([[id], [id]]);
    },
  );

  test('of a client whose id pywayne made up is forgotten when it has ended', () => {
    const ann = login('d83add0a1b2c_1f2e3d4c');
    ann.session.disconnected();
    expect(house.hub.clients()).toEqual([]);
  });

  test('of a newer connection is not ended by a late heartbeat of the older one', () => {
    const older = login('ann');
    pass(61, older);
    const newer = login('ann');
    older.say('heartbeat');
    expect(older.wire.ended).toEqual({ code: 1008, reason: 'logged in elsewhere' });
    expect(house.hub.session('ann')).toBe(newer.session);
  });

  test('ends for everyone when the gateway stops', () => {
    const ann = login('ann');
    house.hub.stop();
    expect(ann.wire.ended).toEqual({ code: 1012, reason: 'the gateway is stopping' });
    ann.say('text', { to_client_id: 'ann' });
    expect(ann.heard()).toEqual([]);
  });
});

test.each(['', 'a\nb', 'a\0', '\ud83d', 'x'.repeat(1025)])(
  'a message to %.20j, which is no name, reaches nobody',
  (to) => {
    const ann = login('ann');
    const watcher = new MemorySession('watcher', 'oocsi');
    house.hub.join(watcher);
    house.hub.subscribe(watcher, '#');
    ann.say('text', { to_client_id: to, content: 'hello' });
    ann.say('text', { to_client_id: 'fine', content: 'hello' });
    expect(watcher.received.map((message) => message.to)).toEqual(['fine']);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_BAD_NAME': 1 });
  },
);
