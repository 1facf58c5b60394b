import type { PacketFault } from '../../../src/mqtt-engine/codec/packet-fault.ts';
import type { Packet, Version } from '../../../src/mqtt-engine/codec/packets.ts';
import { PacketReader } from '../../../src/mqtt-engine/codec/reader.ts';

/** Bytes in hexadecimal digits, with spaces where one likes. `"text"` stands for a string with its length before it, `'text'` for one without. */
export function bytes(text: string): Buffer {
  const parts = text.match(/"[^"]*"|'[^']*'|[0-9a-f]{2}|\s+/gu) ?? [];
  if (parts.join('') !== text) throw new Error(`not in hexadecimal digits: ${text}`);
  return Buffer.concat(
    parts.map((part) => {
      if (part.trim() === '') return Buffer.alloc(0);
      if (part[0] !== '"' && part[0] !== "'") return Buffer.from(part, 'hex');
      const characters = Buffer.from(part.slice(1, -1));
      const length = Buffer.from([characters.length >> 8, characters.length & 0xff]);
      return part[0] === '"' ? Buffer.concat([length, characters]) : characters;
    }),
  );
}

/** A packet of at most 127 bytes after its first two: the first, and what follows the length. */
export function packet(first: string, body = ''): Buffer {
  const fields = bytes(body);
  if (fields.length > 127) throw new Error('a packet of a test is too long');
  return Buffer.concat([bytes(first), Buffer.from([fields.length]), fields]);
}

/** A CONNECT of each version, the shortest that is allowed. */
export const HELLO: Readonly<Record<Version, Buffer>> = {
  3: bytes('10 0f "MQIsdp" 03 02 0000 "a"'),
  4: bytes('10 0d "MQTT" 04 02 0000 "a"'),
  5: bytes('10 0e "MQTT" 05 02 0000 00 "a"'),
};

/** A reader that has read the CONNECT of a version. */
export function readerOf(version: Version, maxPacketBytes = 100_000): PacketReader {
  const reader = new PacketReader({ maxPacketBytes });
  reader.push(HELLO[version]);
  reader.next();
  return reader;
}

/** All packets that are whole in what was pushed. */
export function allOf(reader: PacketReader): Packet[] {
  const packets: Packet[] = [];
  for (let packet = reader.next(); packet !== undefined; packet = reader.next()) packets.push(packet);
  return packets;
}

/** What a client of a version sent; undefined: a CONNECT is part of it. */
export function readAll(sent: Buffer, version?: Version): Packet[] {
  const reader = version === undefined ? new PacketReader({ maxPacketBytes: 100_000 }) : readerOf(version);
  reader.push(sent);
  return allOf(reader);
}

/** The fault in what a client of a version sent. */
export function faultOf(sent: Buffer, version?: Version): PacketFault {
  try {
    readAll(sent, version);
  } catch (fault) {
    return fault as PacketFault;
  }
  throw new Error(`no fault in ${sent.toString('hex')}`);
}
