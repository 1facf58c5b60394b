import { describe, expect, test } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { f, GATEWAY, i, openUdpHouse, PEER_ID, s } from './udp-house.ts';

describe('answers by UDP', () => {
  test('go to another port of the same machine where one is named, until another is', () => {
    const house = openUdpHouse();
    house.receive('/subscribe', [s('lamp'), i(9001)]);
    house.send('lamp', '1');
    house.receive('/subscribe', [s('room')]);
    house.send('room', '2');
    house.send(PEER_ID, '3');
    house.receive('/subscribe', [s('lamp'), f(9002)]);
    house.send('lamp', '4');
    expect(house.takeSent().map(({ to, values }) => [to, values])).toEqual([
      ['10.0.0.7:9001', 1],
      ['10.0.0.7:9001', 2],
      ['10.0.0.7:9001', 3],
      ['10.0.0.7:9002', 4],
    ]);
  });

  test('never go to a port of a service, or to the gateway itself', () => {
    const house = openUdpHouse();
    for (const port of [0, -1, 53, 1023, 65_536, 2 ** 31 - 1]) house.receive('/subscribe', [s('#'), i(port)]);
    house.receive('/subscribe', [s('#')], { port: 53 });
    house.receive('/subscribe', [s('#'), i(GATEWAY.port)], { address: GATEWAY.address });
    expect(house.faults()).toEqual({ 'osc PEER_NOT_ALLOWED': 8 });
    house.send('lamp', '1');
    expect(house.takeSent()).toEqual([]);
  });

  test('never go to a port of a service by its name either, as anybody may have used that address', () => {
    const house = openUdpHouse();
    house.receive('/lamp', [i(1)], { port: 1023 });
    house.receive('/lamp', [i(1)], { port: 1024 });
    expect(house.send('osc-10.0.0.7-1023', '1')).toMatchObject({ delivered: 0, refused: 1 });
    expect(house.send('osc-10.0.0.7-1024', '1')).toMatchObject({ delivered: 1 });
    expect(house.takeSent().map(({ to }) => to)).toEqual(['10.0.0.7:1024']);
  });

  test('never go to a machine that is far away, whose address anybody may have used', () => {
    const house = openUdpHouse();
    const far = { address: '203.0.113.5' };
    house.hub.subscribe(house.other, 'lamp');
    house.receive('/subscribe', [s('#'), i(9001)], far);
    house.receive('/lamp', [i(1)], far);
    house.send('lamp', '1');
    expect(house.send('osc-203.0.113.5-50000', '1')).toMatchObject({ delivered: 0, refused: 1 });
    expect(house.takeSent()).toEqual([]);
    expect(house.other.received).toHaveLength(1);
    expect(house.faults()).toEqual({ 'osc PEER_NOT_ALLOWED': 1 });
  });

  test('come once to a program that sends each message from another port', () => {
    const house = openUdpHouse();
    house.hub.send(new Message({ from: 'other', to: 'lamp', kind: 'json', body: '0', timestampMs: 0 }), {
      retainMs: 1e6,
    });
    house.receive('/subscribe', [s('lamp'), i(9001)], { port: 50_001 });
    house.receive('/subscribe', [s('lamp'), i(9001)], { port: 50_002 });
    house.receive('/subscribe', [s('#'), i(9001)], { port: 50_003 });
    expect(house.takeSent().map(({ values }) => values)).toEqual([0, 0]);
    house.send('lamp', '1');
    expect(house.takeSent()).toEqual([{ to: '10.0.0.7:9001', address: '/lamp', values: 1 }]);
    // Those that are not renewed end a minute after their own port was heard.
    house.receive('/unsubscribe', [s('lamp'), s('#'), i(9001)], { port: 50_004 });
    house.send('lamp', '2');
    expect(house.takeSent()).toEqual([]);
  });

  test('do not come back to the port that sent, whoever subscribed for it', () => {
    const house = openUdpHouse();
    house.receive('/subscribe', [s('lamp'), i(9001)], { port: 50_001 });
    house.receive('/lamp', [i(1)], { port: 9001 });
    expect(house.takeSent()).toEqual([]);
    house.receive('/lamp', [i(2)], { port: 50_002 });
    expect(house.takeSent()).toHaveLength(1);
  });

  test('are refused, and not kept, while the system does not take them', () => {
    const house = openUdpHouse();
    house.receive('/subscribe', [s('lamp')]);
    house.link.isFull = true;
    expect(house.send('lamp', '1')).toMatchObject({ delivered: 0, refused: 1, reason: 'queue_full' });
    house.link.isFull = false;
    expect(house.send('lamp', '2')).toMatchObject({ delivered: 1 });
  });

  test('are no longer than a datagram', () => {
    const house = openUdpHouse();
    house.receive('/subscribe', [s('lamp')]);
    const bytes = (length: number) => house.send('lamp', '', { kind: 'bytes', body: new Uint8Array(length) });
    expect(bytes(65_480)).toMatchObject({ delivered: 1 });
    expect(bytes(65_500)).toMatchObject({ delivered: 0, reason: 'too_large' });
  });

  test('to one machine have a limit in each second, however many of its ports ask; this machine has none', () => {
    const house = openUdpHouse();
    for (const port of [50_001, 50_002]) house.receive('/subscribe', [s('lamp')], { port });
    house.receive('/subscribe', [s('lamp')], { address: '127.0.0.1' });
    const count = () => {
      for (let n = 0; n < 40; n++) house.send('lamp', '', { kind: 'bytes', body: new Uint8Array(60_000) });
      const to = house.takeSent().map((each) => each.to.split(':', 1)[0]);
      return [
        to.filter((machine) => machine === '10.0.0.7').length,
        to.filter((machine) => machine === '127.0.0.1').length,
      ];
    };
    expect(count()).toEqual([17, 40]);
    expect(count()).toEqual([0, 40]);
    house.clock.advance(1000);
    expect(count()).toEqual([17, 40]);
  });
});

describe('the number of peers', () => {
  test('of one machine is bounded: who was silent for longest makes room, but not who has a subscription', () => {
    const house = openUdpHouse();
    house.receive('/subscribe', [s('lamp')], { port: 2000 });
    house.receive('/lamp', [], { port: 2001 });
    for (let port = 3000; port < 3254; port++) house.receive('/lamp', [], { port });
    expect(house.peers.count).toBe(256);
    house.wait(1);
    house.receive('/lamp', [], { port: 2001 });
    house.receive('/lamp', [], { port: 4000 });
    expect(house.peers.count).toBe(256);
    expect(house.ids()).toEqual(
      expect.arrayContaining(['osc-10.0.0.7-2000', 'osc-10.0.0.7-2001', 'osc-10.0.0.7-4000']),
    );
    expect(house.ids()).not.toContain('osc-10.0.0.7-3000');
    expect(house.faults()).toEqual({});
  });

  test('in all is bounded, and where all have subscriptions a newcomer is refused', () => {
    const house = openUdpHouse({ maxPeers: 4 });
    for (const [machine, port] of [
      [2, 2000],
      [2, 2001],
      [3, 2000],
      [3, 2001],
    ] as const) {
      house.receive('/subscribe', [s('lamp')], { address: `10.0.0.${machine}`, port });
    }
    house.receive('/lamp', [], { address: '10.0.0.2', port: 2002 });
    house.receive('/lamp', [], { address: '10.0.0.4' });
    expect(house.peers.count).toBe(4);
    expect(house.faults()).toEqual({ 'osc PEER_TOO_MANY': 2 });
    house.receive('/unsubscribe', [s('lamp')], { address: '10.0.0.3', port: 2001 });
    house.receive('/lamp', [], { address: '10.0.0.4' });
    expect(house.ids().sort()).toEqual([
      'osc-10.0.0.2-2000',
      'osc-10.0.0.2-2001',
      'osc-10.0.0.3-2000',
      'osc-10.0.0.4-50000',
    ]);
  });

  test('that come in a second is bounded', () => {
    const house = openUdpHouse({ maxPeers: 10_000 });
    for (let n = 0; n < 600; n++) house.receive('/lamp', [], { address: `10.0.${n % 250}.${Math.floor(n / 250)}` });
    expect(house.peers.count).toBe(500);
    expect(house.faults()).toEqual({ 'osc PEER_TOO_MANY': 100 });
    house.wait(1);
    house.receive('/lamp', [], { address: '10.1.0.1' });
    expect(house.peers.count).toBe(501);
  });

  test('does not count what comes from no port, or from the gateway itself', () => {
    const house = openUdpHouse();
    house.receive('/lamp', [], { port: 0 });
    house.receive('/lamp', [], GATEWAY);
    expect(house.peers.count).toBe(0);
  });
});

test('the subscriptions of one machine are bounded, so that others find room', () => {
  const house = openUdpHouse({ house: { maxSubscriptions: 10_000 } });
  const subscribe = (count: number, from: object) =>
    house.receive(
      '/subscribe',
      Array.from({ length: count }, (_, n) => s(`channel/${n}`)),
      from,
    );
  for (let port = 2000; port < 2004; port++) subscribe(2500, { port });
  expect(house.faults()).toEqual({ 'osc PEER_TOO_MANY': 5000 });
  subscribe(1, { address: '10.0.0.8' });
  expect(house.hub.client('osc-10.0.0.8-50000')?.subscriptions).toEqual(['channel/0']);
  house.wait(61);
  expect(house.peers.subscriptions.count).toBe(0);
});

test('peers leave when the gateway stops', () => {
  const house = openUdpHouse();
  house.receive('/subscribe', [s('lamp')]);
  house.hub.stop();
  expect([house.ids(), house.peers.count]).toEqual([[], 0]);
});
