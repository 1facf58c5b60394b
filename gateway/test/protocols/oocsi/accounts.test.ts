import { accountOf } from '@crosscomm/testing/accounts';
import { secretToken } from '@crosscomm/testing/secrets';
import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Account } from '../../../src/access/account.ts';
import { connect, connectWeb, type Party, pass } from './parties.ts';

const TOKENS = new Map(['anna', 'ben', 'eve'].map((name) => [name, secretToken()]));

function account(name: string, roles: readonly string[] = ['member']): Account {
  return accountOf(name, { token: TOKENS.get(name), roles });
}

let house: TestHouse;
beforeEach(async () => {
  house = buildHouse();
  for (const name of TOKENS.keys()) await house.accounts.add(account(name));
});

const token = (name: string): string => TOKENS.get(name) ?? '';

/** A client that has proved itself; what it was welcomed with is taken away. */
function come(handle: string): Party {
  return connect(house, `${handle}(JSON)`);
}

/** What the client was sent, without the time. */
function heard({ wire }: Party): string[] {
  return wire.take().map((line) => line.trim().replace(/"timestamp":\d+,/, ''));
}

describe('a handle with a secret', () => {
  it.each([
    ['the name of an account', 'anna', 'anna'],
    ['a name that it owns', 'anna-desk', 'anna-desk'],
    ['a name of nobody, with the account before it', 'anna/lamp', 'lamp'],
    ['a name of nobody, with its token alone', 'lamp', 'lamp'],
  ])('is %s', (_, handle, id) => {
    const { session, wire } = come(`${handle}:${token('anna')}`);
    expect(wire.ended).toBeUndefined();
    expect(session.principal).toMatchObject({ id, account: 'anna', proof: 'token' });
    expect(house.hub.onlineIds()).toEqual([id]);
  });

  it.each([
    ['a wrong secret', 'anna:wrong'],
    ['none', 'anna'],
    ['that of another account', `anna:${token('ben')}`],
    ['that of another account before the name', `ben/lamp:${token('anna')}`],
    ['an account that is not there', 'nobody/lamp:wrong'],
  ])('is refused with %s, and the secret is told to nobody', async (_, handle) => {
    const { session, wire } = connect(house);
    session.receive(`${handle}(JSON)`);
    const [name] = handle.split(':');
    await expect.poll(() => wire.ended).toBeDefined();
    expect(wire.take()).toEqual([`error (password wrong for name: ${name?.replace('ben/', '')})\n`]);
    expect(house.hub.onlineIds()).toEqual([]);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_NOT_ALLOWED': 1 });
  });

  it('is shown to others without its secret, whatever the client does with it', () => {
    const others = new MemorySession('watcher');
    house.hub.join(others);
    for (const channel of ['#', 'presence(anna)']) house.hub.subscribe(others, channel);
    const handle = `anna:${token('anna')}`;
    const anna = come(handle);
    const device = { 'my lamp': { properties: { device_id: handle } } };
    for (const line of [
      `subscribe ${handle}`,
      `sendraw heyOOCSI! ${JSON.stringify(device)}`,
      `sendraw news {"me":"${handle}"}`,
    ]) {
      anna.session.receive(line);
    }
    anna.session.receive('clients');
    anna.session.receive('channels');
    anna.session.receive('channels anna');
    expect(others.received.map(({ text }) => text)).toEqual([
      '{"my lamp":{"properties":{"device_id":"anna"}}}',
      '{"me":"anna"}',
    ]);
    const told = [...others.received.map((message) => JSON.stringify(message.toInit())), ...heard(anna)].join();
    expect(told).not.toContain(token('anna'));
    expect(house.hub.channels()).toContain('anna');
  });

  it('is what a message to the client is addressed to, once it has subscribed to it', () => {
    const handle = `anna:${token('anna')}`;
    const anna = come(handle);
    const ben = come(`ben:${token('ben')}`);
    ben.session.receive('sendraw anna {"n":1}');
    anna.session.receive(`subscribe ${handle}`);
    ben.session.receive('sendraw anna {"n":2}');
    anna.session.receive(`sendraw ${handle} {"n":3}`);
    expect(heard(anna).filter((line) => line !== '')).toEqual([
      '{"n":1,"recipient":"anna","sender":"ben"}',
      `{"n":2,"recipient":"${handle}","sender":"ben"}`,
      `{"n":3,"recipient":"${handle}","sender":"anna"}`,
    ]);
    anna.session.receive(`unsubscribe ${handle}`);
    expect(house.hub.members('anna')).toEqual([]);
  });

  it.each([
    ['anna', 'anna'],
    ['anna/lamp', 'lamp'],
  ])('is without its secret where the client is of Java, which answers a line that says nothing (%s)', (before, id) => {
    const handle = `${before}:${token('anna')}`;
    const anna = come(handle);
    const ben = come(`ben:${token('ben')}`);
    anna.session.receive(`subscribe ${handle}`);
    expect(anna.wire.take()).toEqual([' \n']);
    anna.session.receive('.');
    ben.session.receive(`sendraw ${id} {"n":1}`);
    expect(heard(anna)).toEqual([`{"n":1,"recipient":"${before}","sender":"ben"}`]);
  });

  it('stays what it is addressed to where it answers a ping', () => {
    const handle = `anna:${token('anna')}`;
    const anna = come(handle);
    anna.session.receive(`subscribe ${handle}`);
    pass(house, 6, anna);
    expect(anna.wire.take()).toContain('ping\n');
    anna.session.receive('.');
    anna.session.receive(`sendraw ${handle} {"n":1}`);
    expect(heard(anna)).toEqual([`{"n":1,"recipient":"${handle}","sender":"anna"}`]);
  });

  it('is what web pages look for from the start', () => {
    const handle = `anna:${token('anna')}`;
    const page = connectWeb(house);
    page.session.receive(handle);
    expect(page.wire.take()).toEqual([`{"message" : "welcome ${handle}"}`]);
    house.hub.join(new MemorySession('ben'));
    page.session.receive(`sendjson ${handle} {"n":1}`);
    expect(heard(page)).toEqual([`{"recipient":"${handle}","sender":"anna","data":{"n":1}}`]);
  });
});

describe('a client of OOCSI that may not', () => {
  beforeEach(async () => {
    house.roles.replace([
      {
        name: 'narrow',
        readsInboxes: false,
        rules: [
          { effect: 'allow', actions: ['send', 'subscribe', 'presence'] },
          { effect: 'deny', actions: ['send', 'subscribe'], topics: ['secret/#'] },
          { effect: 'deny', actions: ['presence'], topics: ['ben', 'secret/#'] },
        ],
      },
    ]);
    await house.accounts.update('eve', (eve) => ({ ...eve, roles: ['narrow'] }));
  });

  it('send or subscribe is told so, once a second', () => {
    const eve = come(`eve:${token('eve')}`);
    eve.session.receive('subscribe secret/a:pw');
    for (let count = 0; count < 100; count++) eve.session.receive('sendraw secret/a {"n":1}');
    expect(eve.wire.take()).toEqual(['error (not allowed to subscribe to secret/a)\n']);
    pass(house, 1, eve);
    eve.session.receive('sendraw secret/a {"n":1}');
    expect(eve.wire.take()).toEqual(['error (not allowed to send to secret/a)\n']);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_NOT_ALLOWED': 102 });
    expect(house.hub.counters.messages).toBe(0);
  });

  it('know of somebody finds no trace in lists', () => {
    const ben = come(`ben:${token('ben')}`);
    for (const channel of ['room', 'secret/b']) ben.session.receive(`subscribe ${channel}`);
    const eve = come(`eve:${token('eve')}`);
    for (const line of ['clients', 'channels', 'channels room', 'channels ben', 'channels secret/b'])
      eve.session.receive(line);
    expect(heard(eve)).toEqual(['eve', 'room, eve']);
    ben.session.receive('clients');
    expect(heard(ben)).toEqual(['ben,eve']);
  });

  it('subscribe any more loses its subscription, and is told so', async () => {
    const anna = come(`anna:${token('anna')}`);
    anna.session.receive('subscribe secret/a:pw');
    await house.accounts.update('anna', (account) => ({ ...account, roles: ['narrow'] }));
    expect(house.hub.subscriptions(anna.session)).toEqual([]);
    expect(anna.wire.take()).toEqual(['error (not allowed to subscribe to secret/a)\n']);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_NOT_ALLOWED': 1 });
  });

  it('stay ends with its last word', async () => {
    const eve = come(`eve:${token('eve')}`);
    await house.accounts.remove('eve');
    expect(eve.wire.take()).toEqual(['error (not allowed any more: eve)\n']);
    expect(eve.wire.ended).toMatchObject({ reason: 'revoked' });
    expect(house.hub.onlineIds()).toEqual([]);
  });
});

describe('a rule that changes while a newcomer waits for its handle', () => {
  it('holds for it', async () => {
    house.roles.replace([{ name: 'mute', readsInboxes: false, rules: [] }]);
    const handle = `anna:${token('anna')}`;
    come(handle);
    const newcomer = connect(house);
    newcomer.session.receive(`${handle}(JSON)`);
    await house.accounts.update('anna', (anna) => ({ ...anna, roles: ['mute'] }));
    house.clock.advance(2000);
    expect(newcomer.wire.take().join()).toContain('welcome');
    newcomer.session.receive('sendraw news {"n":1}');
    expect(newcomer.wire.take()).toEqual(['error (not allowed to send to news)\n']);
  });
});

describe('a name of nobody', () => {
  it('belongs to the client that has it, and its subscriptions to its account', () => {
    const first = come(`anna/lamp:${token('anna')}`);
    first.session.receive('subscribe room');
    expect(come(`ben/lamp:${token('ben')}`).wire.ended).toBeDefined();
    first.session.disconnected();
    const second = come(`ben/lamp:${token('ben')}`);
    expect(house.hub.subscriptions(second.session)).toEqual([]);
    second.session.disconnected();
    const third = come('lamp');
    third.session.receive('subscribe hall');
    third.session.disconnected();
    expect(house.hub.subscriptions(come(`ben/lamp:${token('ben')}`).session)).toEqual([]);
  });
});
