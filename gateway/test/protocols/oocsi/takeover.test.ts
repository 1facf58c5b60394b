import { buildHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { connect, connectWeb, pass } from './parties.ts';

const WELCOME = `{'message' : "welcome dev"}\n`;
const TAKEN = 'error (name already registered: dev)\n';

describe('two connections with one handle', () => {
  it('ask the older one whether it is there, and refuse the newer when it answers', () => {
    const house = buildHouse();
    const older = connect(house, 'dev(JSON)');
    const newer = connect(house);
    newer.session.receive('dev(JSON)');
    expect(older.wire.take()).toEqual(['ping\n']);
    expect(newer.wire.take()).toEqual([]);
    older.session.receive('.');
    expect(newer.wire.take()).toEqual([TAKEN]);
    expect(newer.wire.ended).toBeDefined();
    house.clock.advance(10_000);
    expect(house.hub.session('dev')).toBe(older.session);
    expect(older.wire.ended).toBeUndefined();
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_NAME_TAKEN': 1 });
  });

  it('give the newer the place of an older one that stays silent, with its subscriptions, and nobody sees it leave', () => {
    const house = buildHouse();
    const older = connect(house, 'dev(JSON)', 'subscribe ch');
    const seen: string[] = [];
    house.hub.events.on('leave', (id) => seen.push(`${id} left`));
    house.hub.events.on('join', (id) => seen.push(`${id} joined`));
    const newer = connect(house);
    newer.session.receive('dev(JSON)');
    house.clock.advance(1999);
    expect(newer.wire.take()).toEqual([]);
    house.clock.advance(1);
    expect(newer.wire.take()).toEqual([WELCOME]);
    expect(older.wire.ended).toEqual({ code: 1000, reason: 'replaced' });
    expect(house.hub.session('dev')).toBe(newer.session);
    expect(house.hub.members('ch')).toEqual(['dev']);
    older.session.disconnected();
    older.session.receive('sendraw ch x');
    expect(house.hub.session('dev')).toBe(newer.session);
    expect(house.hub.counters.messages).toBe(0);
    expect(seen).toEqual([]);
  });

  it('keep what the newer says meanwhile, in its order', () => {
    const house = buildHouse();
    connect(house, 'dev(JSON)');
    const bob = connect(house, 'bob(JSON)', 'subscribe ch');
    const newer = connect(house);
    for (const line of ['dev(JSON)', 'sendraw ch 1', 'ping', 'sendraw ch 2']) newer.session.receive(line);
    expect(bob.wire.take()).toEqual([]);
    house.clock.advance(2000);
    expect(newer.wire.take()).toEqual([WELCOME, '.\n']);
    expect(bob.wire.take().map((line) => (JSON.parse(line) as { data: string }).data)).toEqual(['1', '2']);
  });

  it('keep no more than 64 KiB of it', () => {
    const house = buildHouse();
    connect(house, 'dev(JSON)');
    const bob = connect(house, 'bob(JSON)', 'subscribe ch');
    const newer = connect(house);
    newer.session.receive('dev(JSON)');
    for (let count = 0; count < 100; count++) newer.session.receive(`sendraw ch ${'x'.repeat(1013)}`);
    house.clock.advance(2000);
    expect(bob.wire.take()).toHaveLength(64);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_TOO_MANY': 36 });
  });

  it('let only the first of several newcomers in', () => {
    const house = buildHouse();
    const older = connect(house, 'dev(JSON)');
    const newcomers = [connect(house), connect(house), connect(house)];
    for (const { session } of newcomers) session.receive('dev(JSON)');
    expect(older.wire.take()).toEqual(['ping\n']);
    house.clock.advance(2000);
    expect(newcomers.map(({ wire }) => wire.take())).toEqual([[WELCOME], [TAKEN], [TAKEN]]);
    expect(house.hub.session('dev')).toBe(newcomers[0]?.session);
    expect(house.hub.onlineCount).toBe(1);
  });

  it('let the next newcomer in when the first has gone meanwhile', () => {
    const house = buildHouse();
    connect(house, 'dev(JSON)');
    const [first, second] = [connect(house), connect(house)];
    first.session.receive('dev(JSON)');
    second.session.receive('dev(JSON)');
    first.session.disconnected();
    house.clock.advance(2000);
    expect(first.wire.take()).toEqual([]);
    expect(second.wire.take()).toEqual([WELCOME]);
  });

  it('let the newer in at once when the older leaves meanwhile', () => {
    const house = buildHouse();
    const older = connect(house, 'dev(JSON)', 'subscribe ch');
    const newer = connect(house);
    newer.session.receive('dev(JSON)');
    older.session.disconnected();
    expect(newer.wire.take()).toEqual([WELCOME]);
    expect(house.hub.session('dev')).toBe(newer.session);
    expect(house.hub.members('ch')).toEqual(['dev']);
    house.clock.advance(2000);
    expect(newer.wire.ended).toBeUndefined();
  });

  it('ask again for a newcomer that comes after an answer', () => {
    const house = buildHouse();
    const older = connect(house, 'dev(JSON)');
    connect(house, 'dev(JSON)');
    older.session.receive('.');
    const newer = connect(house);
    newer.session.receive('dev(JSON)');
    expect(older.wire.take()).toEqual(['ping\n', 'ping\n']);
    house.clock.advance(2000);
    expect(newer.wire.take()).toEqual([WELCOME]);
  });

  it('may be of different wires', () => {
    const house = buildHouse();
    const line = connect(house, 'dev(JSON)');
    const web = connectWeb(house);
    web.session.receive('dev');
    expect(line.wire.take()).toEqual(['ping\n']);
    house.clock.advance(2000);
    expect(web.wire.take()).toEqual(['{"message" : "welcome dev"}']);
    expect(line.wire.ended).toBeDefined();
    const newer = connect(house);
    newer.session.receive('dev(JSON)');
    expect(web.wire.take()).toEqual(['ping']);
    web.session.receive('.');
    expect(newer.wire.take()).toEqual([TAKEN]);
    const third = connectWeb(house);
    third.session.receive('dev');
    web.session.receive('.');
    expect(third.wire.take()).toEqual(['{"message" : "ERROR: client dev exists already"}']);
    expect(house.hub.session('dev')).toBe(web.session);
  });

  it('do not let anyone in while the gateway stops', () => {
    const house = buildHouse();
    connect(house, 'dev(JSON)');
    const newer = connect(house);
    newer.session.receive('dev(JSON)');
    house.hub.stop();
    expect(newer.wire.take()).toEqual([TAKEN]);
    expect(house.hub.onlineCount).toBe(0);
  });

  it('do not let the newer time out while it waits', () => {
    const house = buildHouse();
    const older = connect(house, 'dev(JSON)');
    const newer = connect(house);
    newer.session.receive('dev(JSON)');
    pass(house, 1, older, newer);
    expect(newer.wire.ended).toBeUndefined();
  });
});
