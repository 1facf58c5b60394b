import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, test } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { encodeLengthPrefixed } from '../../../src/protocols/osc/framing.ts';
import { encodeSlip } from '../../../src/protocols/osc/slip.ts';
import { StreamPeer } from '../../../src/protocols/osc/stream-peer.ts';
import { encodeMessage } from '../../../src/protocols/osc/write-codec.ts';
import { hex } from './packets.ts';
import { i, s } from './udp-house.ts';

const ID = 'osc-10.0.0.7-50000';

function connect() {
  const house = buildHouse();
  const written: Uint8Array[] = [];
  const state = { isFull: false, ended: 0 };
  const wire = {
    peer: '10.0.0.7:50000',
    write: (unit: Uint8Array) => !state.isFull && written.push(unit) > 0,
    end: () => state.ended++,
  };
  const peer = new StreamPeer(wire, house, {
    address: '10.0.0.7',
    port: 50_000,
    maxPacketBytes: 1000,
    handshakeTimeoutMs: 10_000,
  });
  const other = new MemorySession('other', 'mqtt');
  house.hub.join(other);
  house.hub.subscribe(other, 'lamp');
  return {
    ...house,
    peer,
    other,
    state,
    written,
    send: (body: string | Uint8Array) =>
      house.hub.send(
        new Message({
          from: 'other',
          to: 'room',
          kind: typeof body === 'string' ? 'json' : 'bytes',
          body,
          timestampMs: 0,
        }),
      ),
    wait(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        house.clock.advance(1000);
        peer.tick(house.clock.monotonicMs());
      }
    },
    faults: () => house.incidents.counts(),
  };
}

const framings = { 'OSC 1.0': encodeLengthPrefixed, 'OSC 1.1': encodeSlip } as const;

describe.each(Object.entries(framings))('a connection of %s', (_name, encode) => {
  test('sends, and is answered in the framing that it has begun with', () => {
    const { peer, other, written, send } = connect();
    peer.push(encode(encodeMessage('/lamp', [i(1)])));
    expect(other.received.map(({ from, body }) => [from, body])).toEqual([[ID, '1']]);
    peer.push(encode(encodeMessage('/subscribe', [s('room')])));
    expect(send('5')).toMatchObject({ delivered: 1 });
    expect(written).toEqual([encode(encodeMessage('/room', [i(5)]))]);
  });

  test('loses a packet that is too large, or is none, and goes on', () => {
    const { peer, other, faults } = connect();
    peer.push(encode(Buffer.alloc(2000)));
    peer.push(encode(hex('2f610000 2c690000')));
    peer.push(encode(encodeMessage('/lamp', [i(1)])));
    expect(faults()).toEqual({ 'osc PEER_TOO_LARGE': 1, 'osc PEER_MALFORMED': 1 });
    expect(other.received).toHaveLength(1);
  });
});

test('a connection that speaks something else is closed, and reported', () => {
  const { peer, state, faults, hub } = connect();
  peer.push(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  expect([state.ended, faults()]).toEqual([1, { 'osc PEER_MALFORMED': 1 }]);
  peer.push(encodeSlip(encodeMessage('/lamp', [])));
  expect(hub.client(ID)).toBeUndefined();
});

test('a connection whose escapes are wrong loses that packet', () => {
  const { peer, faults } = connect();
  peer.push(hex('c0 db00 c0'));
  expect(faults()).toEqual({ 'osc PEER_MALFORMED': 1 });
});

test('a connection without a message is closed after its time', () => {
  const { state, wait, faults } = connect();
  wait(9);
  expect(state.ended).toBe(0);
  wait(1);
  expect([state.ended, faults()]).toEqual([1, { 'osc PEER_TIMEOUT': 1 }]);
});

test('a client by TCP is one until its connection ends, or it was silent for a minute, which ends it', () => {
  const first = connect();
  first.peer.push(encodeSlip(encodeMessage('/lamp', [])));
  first.peer.disconnected();
  expect(first.hub.client(ID)).toBeUndefined();
  const second = connect();
  second.peer.push(encodeSlip(encodeMessage('/lamp', [])));
  second.wait(60);
  expect([second.hub.client(ID)?.online, second.state.ended]).toEqual([true, 0]);
  second.wait(1);
  expect([second.hub.client(ID), second.state.ended]).toEqual([undefined, 1]);
});

test('answers by TCP come by the connection alone', () => {
  const { peer, faults, hub } = connect();
  peer.push(encodeSlip(encodeMessage('/subscribe', [s('room'), i(9001)])));
  expect(faults()).toEqual({ 'osc PEER_NOT_ALLOWED': 1 });
  expect(hub.client(ID)?.subscriptions).toEqual([]);
});

test('a message is refused where the queue is full, or it is longer than packets may be', () => {
  const { peer, send, state } = connect();
  peer.push(encodeSlip(encodeMessage('/subscribe', [s('room')])));
  expect(send(new Uint8Array(1000))).toMatchObject({ reason: 'too_large' });
  state.isFull = true;
  expect(send('1')).toMatchObject({ reason: 'queue_full' });
});
