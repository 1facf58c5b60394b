import { buildHouse, MemorySession, MemoryWire, type TestHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { Message } from '../../src/hub/message.ts';
import { DeviceLog } from '../../src/protocols/device-log.ts';
import { LineDeviceSession } from '../../src/protocols/lines/session.ts';
import { openUdpHouse, s } from './osc/udp-house.ts';

/** Adds an account that owns this id. */
async function own(house: Pick<TestHouse, 'accounts'>, id: string): Promise<void> {
  await house.accounts.add({ name: 'anna', roles: ['member'], ids: [id], tokens: [], certificates: [] });
}

describe('a client of OSC, who has no proof', () => {
  it('does not get what is for a client that an account owns', async () => {
    const house = openUdpHouse();
    await own(house, 'lamp');
    house.receive('/subscribe', [s('lamp')]);
    house.receive('/subscribe', [s('#')]);
    house.takeSent();
    house.send('lamp', '1');
    house.send('door', '2');
    expect(house.takeSent().map(({ address, values }) => [address, values])).toEqual([['/door', 2]]);
  });

  it('does not get it any more once an account owns the client', async () => {
    const house = openUdpHouse();
    house.receive('/subscribe', [s('lamp')]);
    house.send('lamp', '1');
    expect(house.takeSent()).toHaveLength(1);
    await own(house, 'lamp');
    house.send('lamp', '2');
    expect(house.takeSent()).toEqual([]);
    expect(house.faults()).toEqual({ 'osc PEER_NOT_ALLOWED': 1 });
  });
});

describe('a board on a cable', () => {
  const RULES = [
    { effect: 'allow', actions: ['send', 'subscribe'], topics: ['desk/#', '%c'] },
    { effect: 'allow', actions: ['presence'] },
  ] as const;

  function plugIn(): { house: TestHouse; session: LineDeviceSession; wire: MemoryWire; ear: MemorySession } {
    const house = buildHouse({ cableRoles: ['desk'] });
    house.roles.replace([{ name: 'desk', readsInboxes: false, rules: RULES }]);
    const wire = new MemoryWire();
    const options = { id: 'uno', channels: [], maxLineBytes: 200, deviceLog: new DeviceLog() };
    const session = new LineDeviceSession(house, wire, options);
    session.start();
    const ear = new MemorySession('ear');
    house.hub.join(ear);
    house.hub.subscribe(ear, '#');
    return { house, session, wire, ear };
  }

  const say = (house: TestHouse, to: string): unknown =>
    house.hub.send(new Message({ from: 'x', to, kind: 'text', body: to, timestampMs: 0 }));

  it('sends and hears what its role allows, and nothing else', () => {
    const { house, session, wire, ear } = plugIn();
    for (const to of ['desk/lamp', 'door']) session.receive(JSON.stringify({ to, on: true }));
    session.receive(JSON.stringify({ to: 'desk/lamp', _MESSAGE_HANDLE: 'f', _MESSAGE_ID: '1' }));
    expect(ear.received.map(({ to }) => to)).toEqual(['desk/lamp']);
    session.receive('{"to":"server","subscribe":["desk/lamp","door","#"]}');
    wire.take();
    for (const to of ['desk/lamp', 'door', 'desk/2']) say(house, to);
    expect(wire.take().map((line) => /desk\/lamp|desk\/2|door/.exec(line)?.[0])).toEqual(['desk/lamp', 'desk/2']);
  });
});
