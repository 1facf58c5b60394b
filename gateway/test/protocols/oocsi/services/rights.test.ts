import { accountOf } from '@crosscomm/testing/accounts';
import { secretToken } from '@crosscomm/testing/secrets';
import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startOocsiServices } from '../../../../src/protocols/oocsi/services/index.ts';
import { connect, type Party } from '../parties.ts';

const TOKENS = { ann: secretToken(), eve: secretToken(), boss: secretToken() };

let house: TestHouse;
let services: { stop(): void };
beforeEach(async () => {
  house = buildHouse();
  house.roles.replace([
    {
      name: 'narrow',
      readsInboxes: false,
      rules: [
        { effect: 'allow', actions: ['send', 'subscribe', 'presence', 'call'] },
        { effect: 'deny', actions: ['presence', 'subscribe'], topics: ['ann', 'ann-desk', 'secret/#'] },
      ],
    },
  ]);
  const roles = { ann: 'member', eve: 'narrow', boss: 'admin' };
  for (const [name, role] of Object.entries(roles)) {
    await house.accounts.add(accountOf(name, { token: TOKENS[name as keyof typeof TOKENS], roles: [role] }));
  }
  services = startOocsiServices(house);
});
afterEach(() => services.stop());

function come(name: keyof typeof TOKENS, ...lines: string[]): Party {
  return connect(house, `${name}:${TOKENS[name]}(JSON)`, ...lines);
}

/** What a client was sent, without the time and who sent it. */
function heard({ wire }: Party): Record<string, unknown>[] {
  return wire.take().map((line) => {
    const { timestamp: _, sender: __, recipient: ___, ...data } = JSON.parse(line) as Record<string, unknown>;
    return data;
  });
}

it.each([
  ['OOCSI_clients', { clients: 'ann,boss,eve' }, { clients: 'boss,eve' }],
  ['room/?', { channels: 'ann, eve', members: ['ann', 'eve'] }, { channels: 'eve', members: ['eve'] }],
])('%s says only whom its reader may know of', (channel, all, some) => {
  come('ann', 'subscribe room', 'subscribe secret/a');
  const boss = come('boss', `subscribe ${channel}`);
  const eve = come('eve', 'subscribe room', `subscribe ${channel}`);
  house.clock.advance(1000);
  expect(heard(boss)).toEqual([all]);
  expect(heard(eve)).toEqual([some]);
});

it('OOCSI_channels leaves out channels that its reader may not know of', () => {
  come('ann', 'subscribe room', 'subscribe secret/a');
  const eve = come('eve', 'subscribe OOCSI_channels');
  const boss = come('boss', 'subscribe OOCSI_channels');
  house.clock.advance(1000);
  expect(String(heard(eve)[0]?.channels).split(', ')).toEqual(expect.not.arrayContaining(['ann', 'secret/a']));
  expect(String(heard(boss)[0]?.channels).split(', ')).toEqual(expect.arrayContaining(['ann', 'secret/a', 'room']));
});

it('presence tells of who comes to a channel only those who may know of both', () => {
  const eve = come('eve', 'subscribe presence(room)', 'subscribe presence(ann)', 'subscribe presence(secret/a)');
  expect(house.hub.subscriptions(eve.session)).toEqual(['presence(room)']);
  const boss = come('boss', 'subscribe presence(room)');
  come('ann', 'subscribe room');
  expect(heard(eve)).toEqual([]);
  expect(heard(boss)).toEqual([{ channel: 'room', join: 'ann' }]);
  house.clock.advance(5000);
  expect(heard(eve)).toEqual([{ channel: 'room', refresh: [] }]);
  expect(heard(boss)).toEqual([{ channel: 'room', refresh: ['ann'] }]);
});

it('OOCSI_connections and OOCSI_events tell nothing of who or what its reader may not know', () => {
  const boss = come('boss', 'subscribe OOCSI_connections', 'subscribe OOCSI_events');
  const eve = come('eve', 'subscribe OOCSI_connections', 'subscribe OOCSI_events', 'subscribe #');
  heard(boss);
  const ann = come('ann', 'subscribe secret/a', 'subscribe room');
  const ben = new MemorySession('ben');
  house.hub.join(ben);
  house.hub.subscribe(ben, 'room');
  heard(eve);
  const connections = heard(boss).map(({ CLIENT, CHANNEL }) => `${CLIENT} ${CHANNEL}`);
  expect(connections).toEqual(['ann OOCSI', 'ann secret/a', 'ann room', 'ben OOCSI', 'ben room']);
  ann.session.receive('sendraw room {"n":1}');
  eve.session.receive('sendraw room {"n":2}');
  expect(heard(boss)).toMatchObject([
    { PUB: 'ann', CHANNEL: 'room', SUB: ['ben'] },
    { PUB: 'eve', CHANNEL: 'room', SUB: ['ann', 'ben'] },
  ]);
  expect(heard(eve)).toEqual([{ n: 1 }, { PUB: 'eve', CHANNEL: 'room', SUB: ['ben'], count: 1, size: 1 }]);
});

it('a member hears nothing of messages to the inbox of another account', () => {
  const ann = come('ann', 'subscribe OOCSI_events');
  const boss = come('boss', 'subscribe OOCSI_events');
  come('eve');
  boss.session.receive('sendraw eve {"n":1}');
  boss.session.receive('sendraw ann {"n":1}');
  expect(heard(ann)).toMatchObject([{ n: 1 }, { PUB: 'boss', CHANNEL: 'ann', SUB: ['ann'] }]);
});

it('heyOOCSI! lets nobody but its own account announce a device anew', async () => {
  const announce = (floor: number, name = 'lamp') =>
    `sendraw heyOOCSI! {"${name}":{"properties":{"device_id":"${name}-1","floor":${floor}}}}`;
  const boss = come('boss');
  const floor = (name = 'lamp'): unknown => {
    boss.session.receive(`sendraw heyOOCSIClient {"clientHandle":"${name}"}`);
    return (heard(boss)[0]?.properties as { floor: number } | undefined)?.floor;
  };
  const anonymous = connect(house, 'guest(JSON)', announce(1), announce(1, 'fan'));
  const eve = come('eve', announce(2, 'fan'));
  come('ann', announce(2));
  eve.session.receive(announce(3));
  anonymous.session.receive(announce(3));
  expect([floor(), floor('fan')]).toEqual([2, 2]);
  expect(house.incidents.counts()).toMatchObject({ 'oocsi PEER_NOT_ALLOWED': 2 });
  come('ann', announce(4));
  expect(floor()).toBe(2);
  connect(house, `ann-desk:${TOKENS.ann}(JSON)`, announce(5));
  expect(floor()).toBe(5);
  await house.accounts.remove('ann');
  eve.session.receive(announce(6));
  expect(floor()).toBe(6);
});

it('heyOOCSI! finds no device that its asker may not know of', () => {
  const device = { lamp: { properties: { device_id: 'ann-desk' }, components: {}, location: { home: [1, 2] } } };
  come('ann', `sendraw heyOOCSI! ${JSON.stringify(device)}`);
  const queries = ['{"clientHandle":"lamp"}', '{"x":1,"y":2,"distance":9}', '{"location":"home"}'];
  const asks = queries.map((query) => `sendraw heyOOCSIClient ${query}`);
  const boss = come('boss');
  const eve = come('eve');
  for (const ask of asks) {
    boss.session.receive(ask);
    eve.session.receive(ask);
  }
  expect(heard(eve)).toEqual([
    { x: 1, y: 2, distance: 9, clients: [] },
    { location: 'home', clients: [] },
  ]);
  expect(heard(boss)).toMatchObject([{ clientHandle: 'lamp' }, { clients: ['ann-desk'] }, { clients: ['ann-desk'] }]);
});
