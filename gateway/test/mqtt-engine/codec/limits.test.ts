import { describe, expect, it } from 'vitest';
import { PacketFault } from '../../../src/mqtt-engine/codec/packet-fault.ts';
import type { Version } from '../../../src/mqtt-engine/codec/packets.ts';
import { PacketReader } from '../../../src/mqtt-engine/codec/reader.ts';
import { encodePublish } from '../../../src/mqtt-engine/codec/write.ts';
import { bytes, faultOf, HELLO, packet, readAll, readerOf } from './support.ts';

const VERSIONS: readonly Version[] = [3, 4, 5];

function publish(topic: string, payload: string): Buffer {
  const parts = { version: 4, topic, payload: Buffer.from(payload), qos: 0, retain: false, dup: false, id: 0 } as const;
  return encodePublish(parts);
}

describe('the reader', () => {
  it('takes packets up to the maximum, and refuses one that is a byte longer as soon as its length is known', () => {
    const long = publish('t', 'x'.repeat(300));
    expect(long.length).toBe(306);
    const wide = readerOf(4, 306);
    wide.push(long);
    expect(wide.next()).toMatchObject({ kind: 'publish' });
    const narrow = readerOf(4, 305);
    narrow.push(long.subarray(0, 2));
    expect(narrow.next()).toBeUndefined();
    narrow.push(long.subarray(2, 3));
    expect(() => narrow.next()).toThrow('sent an MQTT packet of 306 bytes, more than the 305 allowed here');
  });

  it('says of a packet that is too large that it is that, and of others that they are malformed', () => {
    const reader = readerOf(5, 100);
    reader.push(bytes('30 ff7f'));
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'PEER_TOO_LARGE', reason: 0x95 }));
    expect(faultOf(packet('40', '0000'), 5)).toMatchObject({ code: 'PEER_MALFORMED', reason: 0x82 });
  });

  it('refuses a length of five bytes', () => {
    for (const version of VERSIONS) {
      expect(faultOf(bytes('30 ffffffff'), version)).toMatchObject({ code: 'PEER_MALFORMED', reason: 0x81 });
    }
  });

  it('refuses a length in more bytes than it needs only of MQTT 5, whose CONNECT says so', () => {
    expect(readAll(bytes('c0 8000'), 4)).toEqual([{ kind: 'pingreq' }]);
    expect(readAll(bytes('10 8d00 "MQTT" 04 02 0000 "a"'))).toHaveLength(1);
    // [MQTT-1.5.5-1]
    expect(faultOf(bytes('c0 8000'), 5)).toMatchObject({ reason: 0x81 });
    expect(faultOf(bytes('10 8e00 "MQTT" 05 02 0000 00 "a"'))).toMatchObject({ reason: 0x81 });
  });

  it('keeps less of a client that has not introduced itself', () => {
    const reader = new PacketReader({ maxPacketBytes: 2 ** 28 });
    reader.push(bytes('10 ffff7f'));
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'PEER_TOO_LARGE' }));
  });

  it('sets little aside for a packet that is announced and does not come', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 50 }, () => {
      const reader = readerOf(4, 2 ** 29);
      reader.push(bytes('30 ffffff7f "a"'));
      expect(reader.next()).toBeUndefined();
      return reader;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    for (const reader of readers) reader.push(Buffer.alloc(5000));
    for (const reader of readers) expect(reader.next()).toBeUndefined();
  });

  it('gathers a long packet from pieces of all sizes', () => {
    const payload = Buffer.from(Array.from({ length: 90_000 }, (_, index) => index % 251));
    const parts = { version: 4, topic: 't', payload, qos: 0, retain: false, dup: false, id: 0 } as const;
    const sent = encodePublish(parts);
    for (const size of [700, 1000, 8192, 65_536, 89_999]) {
      const reader = readerOf(4);
      for (let at = 0; at < sent.length; at += size) {
        expect(reader.next()).toBeUndefined();
        reader.push(sent.subarray(at, at + size));
      }
      expect(reader.next()).toMatchObject({ kind: 'publish', payload });
    }
  });

  it('refuses what follows a packet that was cut, as PubSubClient 2.8 cuts it', () => {
    const lines = 'line of a log\n'.repeat(5000);
    const whole = publish('$files/door/file/log.csv', lines);
    const declared = publish('$files/door/file/log.csv', lines.slice(0, 70_000 - 65_536));
    const sent = Buffer.concat([declared, whole.subarray(declared.length)]);
    const fault = { code: 'PEER_MALFORMED', message: expect.stringMatching(/65,535/) };
    // Not even the first packet, which looks like a whole one, is handed over.
    for (const pieces of [[sent], [sent.subarray(0, 1000), sent.subarray(1000)]]) {
      const reader = readerOf(4);
      for (const piece of pieces) reader.push(piece);
      expect(() => reader.next()).toThrow(expect.objectContaining(fault));
    }
    const together = new PacketReader({ maxPacketBytes: 100_000 });
    together.push(Buffer.concat([HELLO[4], sent]));
    expect(() => together.next()).toThrow(expect.objectContaining(fault));
  });

  it.each(VERSIONS)(
    'takes what the version has a client begin a packet with, and nothing else (level %d)',
    (version) => {
      const duplicates = { 3: [0x6a, 0x8a, 0xaa], 4: [], 5: [] }[version];
      const more = { 3: [], 4: [], 5: [0xf0] }[version];
      const first = [0x40, 0x50, 0x62, 0x70, 0x82, 0xa2, 0xc0, 0xe0, ...duplicates, ...more];
      const publishes = [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3a, 0x3b, 0x3c, 0x3d];
      const allowed = new Set([...first, ...publishes]);
      for (let byte = 0; byte < 256; byte++) {
        const reader = readerOf(version);
        reader.push(Buffer.from([byte]));
        const next = (): unknown => reader.next();
        if (allowed.has(byte)) expect(next()).toBeUndefined();
        else expect(next, byte.toString(16)).toThrow(PacketFault);
      }
    },
  );

  it.each([
    ['a TLS hello', '16 0301020001', /^speaks TLS/],
    ['an HTTP request', "'GET / HTTP/1.1'", /^speaks HTTP/],
    ['noise', 'ff 00', /not MQTT/],
    ['a packet other than CONNECT', 'c0 00', /not MQTT/],
  ])('names %s', (_, hex, words) => {
    expect(faultOf(bytes(hex)).message).toMatch(words);
  });
});
