import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketGuard } from '../../src/broker/packet-guard.ts';
import { connectPacket, packet, publishPacket } from './support.ts';

describe('the guard before the parser', () => {
  it('lets packets up to the maximum pass, however they are cut', () => {
    const stream = Buffer.concat([
      connectPacket('a'),
      publishPacket('t', 'x'.repeat(300)),
      packet(0xc0),
      publishPacket('t', ''),
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 })), (cuts) => {
        const guard = new PacketGuard(306);
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          expect(guard.check(stream.subarray(at, at + cut))).toBeUndefined();
          at += cut;
        }
      }),
    );
  });

  it('refuses a packet one byte too long as soon as its length is known', () => {
    const guard = new PacketGuard(305);
    const long = publishPacket('t', 'x'.repeat(300));
    expect(long.length).toBe(306);
    expect(guard.check(connectPacket('a'))).toBeUndefined();
    expect(guard.check(long.subarray(0, 2))).toBeUndefined();
    expect(guard.check(long.subarray(2, 3))).toMatchObject({ code: 'PEER_TOO_LARGE' });
  });

  it('refuses a length of five bytes', () => {
    const guard = new PacketGuard(2 ** 30);
    expect(guard.check(connectPacket('a'))).toBeUndefined();
    expect(guard.check(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff]))).toMatchObject({ code: 'PEER_MALFORMED' });
  });

  it('keeps less of a client that has not introduced itself', () => {
    expect(new PacketGuard(2 ** 28).check(Buffer.from([0x10, 0xff, 0xff, 0x7f]))).toMatchObject({
      code: 'PEER_TOO_LARGE',
    });
  });

  it.each([
    ['a TLS hello', '160301020001', /speaks TLS/],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1').toString('hex'), /speaks HTTP/],
    ['noise', 'ff00', /not MQTT/],
    ['a packet other than CONNECT', 'c000', /not MQTT/],
  ])('names %s', (_, hex, words) => {
    expect(new PacketGuard(1000).check(Buffer.from(hex, 'hex'))?.message).toMatch(words);
  });
});
