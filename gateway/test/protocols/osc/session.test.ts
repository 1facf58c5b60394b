import { MemoryLog } from '@crosscomm/testing/memory-log';
import { SlowProof } from '@crosscomm/testing/slow-proof';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, test } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { clientIdOf } from '../../../src/protocols/osc/session.ts';
import { timeTagOfMs } from '../../../src/protocols/osc/time-tag.ts';
import { encodeMessage } from '../../../src/protocols/osc/write-codec.ts';
import { bundleOf } from './packets.ts';
import { f, i, openUdpHouse, PEER, PEER_ID, s } from './udp-house.ts';

const brief = ({ from, to, kind, body }: Message) => ({ from, to, kind, body });

describe('a peer', () => {
  test('is a client from its first message until a minute of silence', () => {
    const house = openUdpHouse();
    house.receive('/lamp/led', [i(1)]);
    expect(house.hub.client(PEER_ID)).toMatchObject({ protocol: 'osc', online: true });
    house.wait(59);
    house.receive('/lamp/led', [i(1)]);
    house.wait(60);
    expect(house.ids()).toEqual([PEER_ID]);
    house.wait(1);
    expect(house.ids()).toEqual([]);
    expect(house.hub.client(PEER_ID)).toBeUndefined();
    expect(house.peers.count).toBe(0);
  });

  test('is called after its address and port, which may be one of IPv6', () => {
    expect(clientIdOf('192.168.1.20', 5000)).toBe('osc-192.168.1.20-5000');
    expect(clientIdOf('::ffff:192.168.1.20', 5000)).toBe('osc-192.168.1.20-5000');
    expect(clientIdOf('fe80::1', 5000)).toBe('osc-fe80--1-5000');
  });

  test('sends to the channel that the address names, with what comes after it as the value', () => {
    const house = openUdpHouse();
    house.hub.subscribe(house.other, 'lamp/#');
    house.receive('/lamp/led', [i(1)]);
    house.receive('/lamp/colour', [i(255), f(0.5), s('warm')]);
    house.receive('/lamp/name', [s('desk')]);
    expect(house.other.received.map(brief)).toEqual([
      { from: PEER_ID, to: 'lamp/led', kind: 'json', body: '1' },
      { from: PEER_ID, to: 'lamp/colour', kind: 'json', body: '[255,0.5,"warm"]' },
      { from: PEER_ID, to: 'lamp/name', kind: 'text', body: 'desk' },
    ]);
  });

  test('sends to another client by its id, and is sent to by its own', () => {
    const house = openUdpHouse();
    house.receive('/other', [i(1)]);
    expect(house.other.received.map(brief)).toEqual([{ from: PEER_ID, to: 'other', kind: 'json', body: '1' }]);
    expect(house.send(PEER_ID, '2')).toMatchObject({ delivered: 1 });
    expect(house.takeSent()).toEqual([{ to: '10.0.0.7:50000', address: `/${PEER_ID}`, values: 2 }]);
  });

  test('hands messages on to others that speak OSC with the types it gave them', () => {
    const house = openUdpHouse();
    const packets: Uint8Array[] = [];
    const watching = openUdpHouse({ send: (packet) => packets.push(packet) > 0 });
    const packet = encodeMessage('/lamp/led', [{ type: 'd', value: 0.5 }, { type: 'c', value: 'x' }, { type: 'I' }]);
    watching.receive('/subscribe', [s('#')], { port: 50_001 });
    watching.peers.receive(packet, PEER.address, PEER.port);
    expect(packets).toEqual([packet]);
    house.receive('/a%62c');
    expect(house.faults()).toEqual({});
  });

  test.each(['deny', 'loopback'] as const)(
    'from elsewhere is not heard where anonymous clients are not let in (%s), and the log says why',
    (anonymous) => {
      const log = new MemoryLog();
      const house = openUdpHouse({ house: { log, anonymous } });
      house.hub.subscribe(house.other, 'lamp');
      for (let n = 0; n < 100; n++) house.receive('/lamp', [i(1)]);
      expect(house.other.received).toEqual([]);
      expect(house.peers.count).toBe(0);
      expect(house.faults()).toEqual({ 'osc PEER_NOT_ALLOWED': 100 });
      expect(log.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
      expect(JSON.stringify(log.lines)).toContain('OSC has no place for a password or token, and auth.anonymous');
      house.receive('/lamp', [i(1)], { address: '127.0.0.1' });
      expect(house.other.received).toHaveLength(anonymous === 'loopback' ? 1 : 0);
    },
  );

  test('is not told its name is taken, but the log is, and its messages are dropped until it is free', () => {
    const log = new MemoryLog();
    const house = openUdpHouse({ house: { log } });
    const holder = new MemorySession(PEER_ID, 'mqtt');
    house.hub.join(holder);
    house.hub.subscribe(house.other, 'lamp');
    house.receive('/lamp', [i(1)]);
    expect(house.faults()).toEqual({ 'osc PEER_NAME_TAKEN': 1 });
    expect(house.peers.count).toBe(0);
    house.hub.leave(holder, 'left');
    house.receive('/lamp', [i(2)]);
    expect(house.other.received.map(({ body }) => body)).toEqual(['2']);
  });

  test('cannot send to many by one address, to a name that nobody has, or for the gateway', () => {
    const house = openUdpHouse();
    for (const address of ['/lamp/*', '/lamp/{a,b}', '/', '/presence(other)', `/${'x'.repeat(2000)}`, '/a\u0007']) {
      house.receive(address, [i(1)]);
    }
    expect(house.faults()).toEqual({ 'osc PEER_BAD_NAME': 5, 'osc PEER_NOT_ALLOWED': 1 });
  });

  test('that sends what is no packet is reported, and is no client by that', () => {
    const log = new MemoryLog();
    const house = openUdpHouse({ house: { log } });
    house.peers.receive(Buffer.from('hello'), PEER.address, PEER.port);
    expect(log.lines).toEqual([
      'warn A packet was thrown away: its length, 5 bytes, is no multiple of four; does its sender speak Open Sound Control?',
    ]);
    expect(log.contexts).toEqual([{ door: 'osc', who: '10.0.0.7:50000', code: 'PEER_MALFORMED' }]);
    expect(house.ids()).toEqual([]);
  });
});

describe('a flood', () => {
  test('of thousands of messages in a packet is cut to what one machine may send, and others go on', () => {
    const house = openUdpHouse();
    house.hub.subscribe(house.other, '#');
    const packet = () => bundleOf(1n, ...Array.from({ length: 2500 }, () => encodeMessage('/a', [i(1)])));
    house.receive('/hello');
    house.other.received.length = 0;
    for (let times = 0; times < 8; times++) house.peers.receive(packet(), PEER.address, PEER.port);
    expect(house.other.received).toHaveLength(10_000);
    expect(house.faults()).toEqual({ 'osc PEER_TOO_MANY': 4 });
    house.receive('/lamp', [i(1)], { address: '10.0.0.8' });
    expect(house.other.received).toHaveLength(10_001);
    house.wait(1);
    house.peers.receive(packet(), PEER.address, PEER.port);
    expect(house.other.received).toHaveLength(12_501);
  });
});

describe('a bundle', () => {
  const led = (value: number) => encodeMessage('/lamp', [i(value)]);

  test('is delivered at once where its time tag says so, or is past', () => {
    const house = openUdpHouse();
    house.hub.subscribe(house.other, 'lamp');
    for (const tag of [1n, 0n, timeTagOfMs(house.clock.now() - 5000)]) {
      house.peers.receive(bundleOf(tag, led(1), led(2)), PEER.address, PEER.port);
    }
    expect(house.other.received.map(({ body }) => body)).toEqual(['1', '2', '1', '2', '1', '2']);
  });

  test('waits for a time tag in the future, in order, whatever the clock is set to meanwhile', () => {
    const house = openUdpHouse();
    house.hub.subscribe(house.other, 'lamp');
    const tag = timeTagOfMs(house.clock.now() + 2000);
    house.peers.receive(bundleOf(tag, led(1), led(2)), PEER.address, PEER.port);
    house.clock.jumpTo(house.clock.now() - 3_600_000);
    house.clock.advance(1999);
    expect(house.other.received).toEqual([]);
    house.clock.advance(1);
    expect(house.other.received.map(({ body }) => body)).toEqual(['1', '2']);
  });

  test.each([
    [9000, 0],
    [11_000, 1],
  ])('that waits for %d ms is written to disk %d times', (delayMs, times) => {
    const house = openUdpHouse();
    house.peers.receive(bundleOf(timeTagOfMs(house.clock.now() + delayMs), led(1)), PEER.address, PEER.port);
    expect(house.store.scheduled.size).toBe(times);
    house.hub.subscribe(house.other, 'lamp');
    house.clock.advance(delayMs);
    expect(house.other.received.map(({ body }) => body)).toEqual(['1']);
    expect(house.store.scheduled.size).toBe(0);
  });

  test('is delivered at once where the gateway does not know the time', () => {
    const house = openUdpHouse();
    house.hub.subscribe(house.other, 'lamp');
    house.clock.trusted = false;
    house.peers.receive(bundleOf(timeTagOfMs(house.clock.now() + 2000), led(1)), PEER.address, PEER.port);
    expect(house.other.received).toHaveLength(1);
    expect(house.faults()).toEqual({});
  });

  test('is delivered at once where its sender’s clock cannot be right', () => {
    const house = openUdpHouse();
    house.hub.subscribe(house.other, 'lamp');
    house.peers.receive(bundleOf(timeTagOfMs(house.clock.now() + 2 * 86_400_000), led(1)), PEER.address, PEER.port);
    expect(house.other.received).toHaveLength(1);
    expect(house.faults()).toEqual({ 'osc PEER_MALFORMED': 1 });
  });

  test('that would wait is dropped with a word in the log where there is no room for it', () => {
    const house = openUdpHouse({ house: { maxScheduled: 1 } });
    const tag = timeTagOfMs(house.clock.now() + 2000);
    house.peers.receive(bundleOf(tag, led(1), led(2)), PEER.address, PEER.port);
    expect(house.faults()).toEqual({ 'osc MESSAGES_FULL': 1 });
    house.hub.subscribe(house.other, 'lamp');
    house.clock.advance(2000);
    expect(house.other.received.map(({ body }) => body)).toEqual(['1']);
  });

  test('without messages keeps a client there, and makes none', () => {
    const house = openUdpHouse();
    house.peers.receive(bundleOf(1n), PEER.address, PEER.port);
    expect(house.ids()).toEqual([]);
    house.receive('/lamp');
    for (let minute = 0; minute < 3; minute++) {
      house.wait(50);
      house.peers.receive(bundleOf(1n), PEER.address, PEER.port);
    }
    expect(house.ids()).toEqual([PEER_ID]);
  });
});

describe('a subscription', () => {
  test('brings what is sent to a channel, or to all that a topic filter matches, to where it came from', () => {
    const house = openUdpHouse();
    house.receive('/subscribe', [s('lamp/led'), s('room/+/celsius')]);
    house.send('lamp/led', '[1, 0.5, "on"]');
    house.send('room/1/celsius', '21.7');
    house.send('elsewhere', '0');
    expect(house.takeSent()).toEqual([
      { to: '10.0.0.7:50000', address: '/lamp/led', values: [1, 0.5, 'on'] },
      { to: '10.0.0.7:50000', address: '/room/1/celsius', values: 21.7 },
    ]);
  });

  test('may be written as an address', () => {
    const house = openUdpHouse();
    house.receive('/subscribe', [s('/lamp/led')]);
    house.send('lamp/led', '1');
    expect(house.takeSent()).toHaveLength(1);
  });

  test('lasts a minute, and is renewed by saying it again, without the retained message', () => {
    const house = openUdpHouse();
    house.hub.send(new Message({ from: 'other', to: 'lamp', kind: 'json', body: '1', timestampMs: 0 }), {
      retainMs: 1e6,
    });
    house.receive('/subscribe', [s('lamp')]);
    expect(house.takeSent()).toHaveLength(1);
    house.wait(50);
    house.receive('/subscribe', [s('lamp')]);
    house.wait(50);
    house.send('lamp', '2');
    expect(house.takeSent()).toEqual([{ to: '10.0.0.7:50000', address: '/lamp', values: 2 }]);
    house.wait(61);
    house.send('lamp', '3');
    expect(house.takeSent()).toEqual([]);
  });

  test('is ended by name', () => {
    const house = openUdpHouse();
    house.receive('/subscribe', [s('lamp'), s('room/#')]);
    house.receive('/unsubscribe', [s('room/#')]);
    house.send('room/1', '1');
    house.send('lamp', '2');
    expect(house.takeSent().map(({ address }) => address)).toEqual(['/lamp']);
    expect(house.hub.client(PEER_ID)?.subscriptions).toEqual(['lamp']);
  });

  test('does not bring a client what it sent itself', () => {
    const house = openUdpHouse();
    house.receive('/subscribe', [s('#')]);
    house.receive('/lamp', [i(1)]);
    expect(house.takeSent()).toEqual([]);
  });

  test('is refused, and reported, where it names nothing, or something else than channels', () => {
    const house = openUdpHouse();
    house.receive('/subscribe');
    house.receive('/subscribe', [i(9001)]);
    house.receive('/subscribe', [s('')]);
    house.receive('/subscribe', [s('a'), { type: 'T' }]);
    house.receive('/unsubscribe', [f(0.5)]);
    expect(house.faults()).toEqual({ 'osc PEER_MALFORMED': 5 });
    house.receive('/subscribe', [s('a[b')]);
    house.receive('/subscribe', [s('all:secret')]);
    expect(house.faults()).toMatchObject({ 'osc PEER_BAD_NAME': 1, 'osc PEER_NOT_ALLOWED': 1 });
  });
});

describe('while it is not known yet whether a peer may join', () => {
  test('what it sends waits, in order', async () => {
    const proof = new SlowProof();
    const house = openUdpHouse({ house: { prove: proof.prove } });
    house.hub.subscribe(house.other, 'lamp');
    for (const value of [1, 2]) house.receive('/lamp', [i(value)]);
    expect([house.ids(), house.other.received]).toEqual([[], []]);
    await proof.settle();
    house.receive('/lamp', [i(3)]);
    expect(house.other.received.map(({ body }) => body)).toEqual(['1', '2', '3']);
  });

  test('it may be refused, and is met anew by its next message', async () => {
    const proof = new SlowProof();
    const house = openUdpHouse({ house: { prove: proof.prove } });
    house.hub.subscribe(house.other, 'lamp');
    house.receive('/lamp', [i(1)]);
    await proof.settle({ reason: 'not_allowed', why: 'nobody may' });
    expect([house.peers.count, house.faults()]).toEqual([0, { 'osc PEER_NOT_ALLOWED': 1 }]);
    house.receive('/lamp', [i(2)]);
    await proof.settle();
    expect(house.other.received.map(({ body }) => body)).toEqual(['2']);
  });

  test('no more waits than there is room for', async () => {
    const proof = new SlowProof();
    const house = openUdpHouse({ house: { prove: proof.prove } });
    const blob = { type: 'b', value: new Uint8Array(40_000) } as const;
    house.receive('/lamp', [blob]);
    house.receive('/lamp', [blob]);
    expect(house.faults()).toEqual({ 'osc PEER_TOO_MANY': 1 });
  });
});
