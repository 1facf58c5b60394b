import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketGuard } from '../../src/mqtt-engine/packet-guard.ts';
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

  it('refuses what follows a packet that was cut, as PubSubClient 2.8 cuts it', () => {
    const whole = publishPacket('$files/door/file/log.csv', 'line of a log\n'.repeat(5000));
    const declared = publishPacket(
      '$files/door/file/log.csv',
      'line of a log\n'.repeat(5000).slice(0, 70_000 - 65_536),
    );
    const sent = Buffer.concat([declared, whole.subarray(declared.length)]);
    const guard = new PacketGuard(2 ** 20);
    expect(guard.check(connectPacket('a'))).toBeUndefined();
    expect(guard.check(sent)).toMatchObject({ code: 'PEER_MALFORMED', message: expect.stringMatching(/65,535/) });
  });

  it('lets pass what MQTT 3.1.1 has a client send, and marks of duplicates as MQTT 3.1 has them', () => {
    const first = [0x40, 0x50, 0x62, 0x6a, 0x70, 0x82, 0x8a, 0xa2, 0xaa, 0xc0, 0xe0];
    const publish = [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d];
    const allowed = new Set([0x10, ...first, ...publish]);
    for (let byte = 0; byte < 256; byte++) {
      const guard = new PacketGuard(1000);
      guard.check(connectPacket('a'));
      expect(guard.check(Buffer.from([byte, 0])) === undefined, byte.toString(16)).toBe(allowed.has(byte));
    }
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
