import { PacketFault } from './packet-fault.ts';
import type { Version } from './packets.ts';
import { REASON } from './reason-codes.ts';

/** The first byte of every CONNECT. */
const CONNECT = 0x10;
const TLS_HANDSHAKE = 0x16;
/** The first letters of GET, HEAD, POST, PUT, DELETE, OPTIONS and CONNECT. */
const HTTP_LETTERS = new Set('GHPDOC');
/** What only servers send: CONNACK, SUBACK, UNSUBACK and PINGRESP. */
const OF_SERVERS: ReadonlySet<number> = new Set([0x20, 0x90, 0xb0, 0xd0]);

const COMMON = [
  ...[0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3a, 0x3b, 0x3c, 0x3d],
  ...[0x40, 0x50, 0x62, 0x70, 0x82, 0xa2, 0xc0, 0xe0],
];
const OF_31 = [0x6a, 0x8a, 0xaa];
const OF_5 = [0xf0];
/** After a CONNECT that has not been read yet. */
export const ANY = 0;
/** What a packet may begin with after the CONNECT: its type, and flags (section 2.1). MQTT 3.1 marks duplicates of three more types. */
const MAY_BEGIN: Readonly<Record<Version | typeof ANY, Uint8Array>> = {
  [ANY]: beginnings([...COMMON, ...OF_31, ...OF_5]),
  3: beginnings([...COMMON, ...OF_31]),
  4: beginnings(COMMON),
  5: beginnings([...COMMON, ...OF_5]),
};

function beginnings(bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytes) table[byte] = 1;
  return table;
}

/**
 * Looks at the first byte of a packet; `version` is undefined before the CONNECT. Where what follows a packet is none, its sender cut that
 * packet, most probably: a library that counts bytes with 16 bits declares less than it sends.
 *
 * @throws {PacketFault} No packet that a client may send now begins with it.
 */
export function checkFirstByte(byte: number, version: Version | typeof ANY | undefined): void {
  if (version === undefined) {
    if (byte !== CONNECT) throw notMqtt(byte);
  } else if (MAY_BEGIN[version][byte] === 0) throw noPacket(byte);
}

/**
 * Checks the first byte of each packet that begins in `chunk` from `begin` on: a packet that its sender cut is not taken for a whole one
 * where what follows it is none. What is wrong with the length of a packet is seen when that is read.
 *
 * @throws {PacketFault} As `checkFirstByte`.
 */
export function checkHeaders(chunk: Buffer, begin: number, before: Version | typeof ANY | undefined): void {
  let version = before;
  let at = begin;
  while (at < chunk.length) {
    checkFirstByte(chunk[at++] as number, version);
    version ??= ANY;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= chunk.length || shift > 21) return;
      const byte = chunk[at++] as number;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    at += length;
  }
}

function notMqtt(byte: number): PacketFault {
  let message = 'sent something that is not MQTT; the first packet must be CONNECT';
  if (byte === TLS_HANDSHAKE) message = 'speaks TLS, this port speaks MQTT without it; turn TLS off in the client';
  else if (HTTP_LETTERS.has(String.fromCharCode(byte))) {
    message = 'speaks HTTP, this port speaks MQTT; MQTT over WebSocket is at /mqtt of the HTTP port';
  }
  return new PacketFault(REASON.protocolError, message);
}

function noPacket(byte: number): PacketFault {
  // [MQTT-3.1.0-2]
  if (byte === CONNECT) return new PacketFault(REASON.protocolError, 'sent a second CONNECT');
  // [MQTT-3.3.1-2]
  if (byte === 0x38 || byte === 0x39) {
    return new PacketFault(REASON.malformed, 'sent a message of QoS 0 that is marked as a duplicate');
  }
  return new PacketFault(
    OF_SERVERS.has(byte) ? REASON.protocolError : REASON.malformed,
    'sent something after a packet that begins none, and was disconnected. PubSubClient 2.8 does so with a message of more than 65,535 bytes, and so does a sketch that goes on after half a message',
  );
}
