import { isDeepStrictEqual } from 'node:util';
import type { FuzzTarget } from '@crosscomm/testing/fuzzing';
import { messageProperties, readMessageProperties } from '../../../src/mqtt-engine/codec/message-properties.ts';
import { PacketFault } from '../../../src/mqtt-engine/codec/packet-fault.ts';
import type { MessageProperties, Packet, PublishPacket, Version } from '../../../src/mqtt-engine/codec/packets.ts';
import { PacketReader } from '../../../src/mqtt-engine/codec/reader.ts';
import { encodePublish } from '../../../src/mqtt-engine/codec/write.ts';
import { bytes, HELLO } from './support.ts';
import { CONNECTS, PACKETS } from './vectors.ts';

/**
 * The reader, which must take any bytes: an input's first byte says whether a CONNECT went before, and of which version; its second one how
 * the rest is cut into pieces.
 */
const VERSIONS: readonly (Version | undefined)[] = [undefined, 3, 4, 5];

interface Read {
  packets: Packet[];
  fault: PacketFault | undefined;
  version: Version | undefined;
}

/** Reads a stream in pieces; `cut` gives the length of the next one. */
function read(sent: Buffer, version: Version | undefined, cut: () => number): Read {
  const reader = new PacketReader({ maxPacketBytes: 300 });
  const packets: Packet[] = [];
  try {
    if (version !== undefined) {
      reader.push(HELLO[version]);
      reader.next();
    }
    for (let at = 0; at < sent.length; ) {
      const end = at + cut();
      reader.push(sent.subarray(at, end));
      at = end;
      for (let packet = reader.next(); packet !== undefined; packet = reader.next()) packets.push(packet);
    }
    return { packets, fault: undefined, version: reader.version };
  } catch (fault) {
    if (!(fault instanceof PacketFault)) throw fault;
    return { packets, fault, version: reader.version };
  }
}

function expectSame(what: string, one: unknown, other: unknown): void {
  if (!isDeepStrictEqual(one, other)) throw new Error(`${what}: ${JSON.stringify([one, other])}`);
}

/** What is read can be written, and then says the same. */
function checkPublish(packet: PublishPacket, version: Version): void {
  const { topic, payload, qos, retain, dup, id, alias, expiryS, properties } = packet;
  const parts = { version, topic, payload, qos, retain, dup, id, alias, expiryS, properties: properties?.raw };
  const { packets } = read(encodePublish(parts), version, () => 1000);
  expectSame('a PUBLISH that was written again', packets, [packet]);
  if (properties !== undefined) checkProperties(properties);
}

function checkProperties(properties: MessageProperties): void {
  const { isText, contentType, responseTopic, correlationData, userProperties } = properties;
  const again = readMessageProperties(messageProperties(properties).raw);
  if (again === undefined)
    expectSame(
      'no properties',
      [isText, contentType, responseTopic, correlationData, userProperties],
      [false, undefined, undefined, undefined, []],
    );
  else expectSame('properties that were written again', { ...again, raw: 0 }, { ...properties, raw: 0 });
  expectSame('user properties', again?.userProperties ?? [], userProperties);
}

/** What a packet is, in words of which there are not too many. */
function* wordsFor(packet: Packet, version: Version): Iterable<string> {
  const kind = `${version} ${packet.kind}`;
  for (const [key, value] of Object.entries(packet)) {
    if (key === 'kind' || value === undefined) continue;
    if (Array.isArray(value)) yield `${kind} ${key} ${Math.min(value.length, 3)}`;
    else if (typeof value === 'boolean' || key === 'qos' || key === 'reason') yield `${kind} ${key} ${String(value)}`;
    else if (typeof value === 'object') yield* Object.keys(value).map((inner) => `${kind} ${key} ${inner}`);
    else yield `${kind} ${key} ${value ? 'given' : 'none'}`;
  }
}

export const target: FuzzTarget = {
  seeds: [
    ...CONNECTS.map(({ hex }) => Buffer.concat([Buffer.from([0, 0]), bytes(hex)])),
    ...PACKETS.flatMap(({ hex, versions }) =>
      versions.map((version) => Buffer.concat([Buffer.from([version - 2, 0]), bytes(hex)])),
    ),
  ],
  words: [
    ...[
      '0000',
      '0001',
      '0004',
      'ffff',
      '00000000',
      'c328',
      'eda080',
      'efbfbe',
      '8000',
      '24736861 72652f',
      '2f23',
      '2b',
    ],
    ...[
      '0103',
      '02',
      '03',
      '08',
      '09',
      '0b',
      '11',
      '15',
      '16',
      '17',
      '18',
      '19',
      '1c',
      '1f',
      '21',
      '22',
      '23',
      '26',
      '27',
    ],
    ...['10', '30', '32', '34', '3c', '40', '50', '62', '6a', '70', '82', 'a2', 'c000', 'e000', 'f0', '00044d515454'],
  ].map((word) => Buffer.from(word.replaceAll(' ', ''), 'hex')),

  run(input) {
    const version = VERSIONS[(input[0] ?? 0) & 3];
    const sent = Buffer.from(input.subarray(2));
    const cuts = input[1] ?? 0;
    let turn = cuts;
    const whole = read(sent, version, () => 1000);
    const pieces = read(sent, version, () => 1 + ((turn++ * 7 + cuts) % 19));
    const bytewise = read(sent, version, () => 1);
    // What comes at once is looked through before any of it is handed over, so that a fault may cost what went before it.
    for (const other of [whole, pieces]) {
      const { length } = other.fault === undefined ? bytewise.packets : other.packets;
      expectSame('pieces', other.packets, bytewise.packets.slice(0, length));
      expectSame('a fault in pieces', other.fault === undefined, bytewise.fault === undefined);
    }
    const words = new Set<string>();
    const { fault } = bytewise;
    if (fault !== undefined) {
      const kind = fault.message.replaceAll(/"(?:[^"\\]|\\.)*"/gu, '""').replaceAll(/\d+/gu, '0');
      words.add(`${bytewise.version ?? 0} fault ${fault.reason} ${kind}`);
    }
    for (const packet of bytewise.packets) {
      const level = bytewise.version ?? 4;
      if (packet.kind === 'publish') checkPublish(packet, level);
      for (const word of wordsFor(packet, level)) words.add(word);
    }
    return words;
  },
};
