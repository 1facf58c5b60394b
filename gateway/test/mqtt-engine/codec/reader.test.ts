import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Packet, Version } from '../../../src/mqtt-engine/codec/packets.ts';
import { PacketReader } from '../../../src/mqtt-engine/codec/reader.ts';
import { allOf, bytes, HELLO, packet, readAll, readerOf } from './support.ts';
import { CONNECTS, PACKETS, PLAIN_CONNECT } from './vectors.ts';

const ALL = PACKETS.flatMap((vector) => vector.versions.map((version) => ({ ...vector, version })));
const VERSIONS: readonly Version[] = [3, 4, 5];

/** Reads a client's stream in pieces of so many bytes, the last of which repeats. */
function readInPieces(sent: Buffer, cuts: readonly number[]): Packet[] {
  const reader = new PacketReader({ maxPacketBytes: 100_000 });
  const packets: Packet[] = [];
  for (let at = 0, index = 0; at < sent.length; index++) {
    const end = at + (cuts[Math.min(index, cuts.length - 1)] as number);
    reader.push(sent.subarray(at, end));
    packets.push(...allOf(reader));
    at = end;
  }
  return packets;
}

/** A CONNECT and then every packet that its version has; and what is read of it. */
function conversation(version: Version): { sent: Buffer; packets: Packet[] } {
  const vectors = PACKETS.filter(({ versions }) => versions.includes(version));
  return {
    sent: Buffer.concat([HELLO[version], ...vectors.map(({ hex }) => bytes(hex))]),
    packets: [{ ...PLAIN_CONNECT, version, clientId: 'a' }, ...vectors.map((vector) => vector.packet)],
  };
}

describe('the reader', () => {
  it.each(CONNECTS)('reads a $name', ({ hex, packet }) => {
    const reader = new PacketReader({ maxPacketBytes: 1000 });
    reader.push(bytes(hex));
    expect(reader.next()).toMatchObject(packet);
    expect(reader.version).toBe(packet.kind === 'connect' ? packet.version : undefined);
    expect(reader.next()).toBeUndefined();
  });

  it.each(ALL)('reads a $name (level $version)', ({ hex, version, packet }) => {
    const [read, ...more] = readAll(bytes(hex), version);
    expect(read).toMatchObject(packet);
    expect(Object.keys(read as Packet).sort()).toEqual(Object.keys(packet).sort());
    expect(more).toEqual([]);
  });

  it.each(VERSIONS)('reads the same however the stream is cut (level %d)', (version) => {
    const { sent, packets } = conversation(version);
    for (let size = 1; size <= sent.length; size++) expect(readInPieces(sent, [size])).toMatchObject(packets);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (cuts) => {
        expect(readInPieces(sent, cuts)).toMatchObject(packets);
      }),
    );
  });

  it('reads on where it was stopped, in the order in which pieces came', () => {
    const reader = readerOf(4);
    const publish = (topic: string): Buffer => packet('30', `"${topic}"`);
    reader.push(Buffer.concat([publish('1'), publish('2')]));
    const topics = [reader.next()];
    reader.push(Buffer.concat([publish('3'), publish('4').subarray(0, 3)]));
    topics.push(reader.next());
    reader.push(publish('4').subarray(3));
    reader.push(publish('5'));
    topics.push(...allOf(reader));
    expect(topics.map((read) => read?.kind === 'publish' && read.topic)).toEqual(['1', '2', '3', '4', '5']);
  });

  it('waits for the end of a packet whose bytes are cut off', () => {
    for (const { hex, version } of ALL) {
      const whole = bytes(hex);
      for (let length = 0; length < whole.length; length++) {
        expect(readAll(whole.subarray(0, length), version)).toEqual([]);
      }
    }
  });

  it('gives payloads as views where a packet came in one piece', () => {
    const sent = packet('30', `"a" 'payload'`);
    const [read] = readAll(sent, 4);
    expect(read?.kind === 'publish' && read.payload.buffer === sent.buffer).toBe(true);
  });

  it('does not mix up topics of one length', () => {
    const topics = fc.array(fc.stringMatching(/^[abc/]{1,4}$/), { maxLength: 30 });
    fc.assert(
      fc.property(topics, (names) => {
        const sent = Buffer.concat(names.map((name) => packet('30', `"${name}"`)));
        expect(readAll(sent, 4).map((read) => read.kind === 'publish' && read.topic)).toEqual(names);
      }),
    );
  });

  it('knows the version of a CONNECT that has a fault', () => {
    const reader = new PacketReader({ maxPacketBytes: 1000 });
    reader.push(packet('10', '"MQTT" 05 03 0000 00 "a"'));
    expect(() => reader.next()).toThrow(/reserved flag/);
    expect(reader.version).toBe(5);
  });

  it('reads nothing after a fault', () => {
    const reader = readerOf(4);
    reader.push(Buffer.concat([packet('40', '0000'), packet('c0')]));
    expect(() => reader.next()).toThrow(/packet id 0/);
    reader.push(packet('c0'));
    expect(reader.next()).toBeUndefined();
  });
});
