import type { ErrorCode } from '../common/errors.ts';

/** Why a connection is ended before the parser sees its bytes. */
export interface PacketFault {
  code: Extract<ErrorCode, 'PEER_MALFORMED' | 'PEER_TOO_LARGE'>;
  /** One sentence for the log. */
  message: string;
}

const CONNECT = 0x10;
const TLS_HANDSHAKE = 0x16;
/** The first letters of GET, HEAD, POST, PUT, DELETE, OPTIONS and CONNECT. */
const HTTP_LETTERS = new Set('GHPDOC');
/** A packet's remaining length has at most four bytes (MQTT 3.1.1, section 2.2.3). */
const MAX_LENGTH_BYTES = 4;
/** A CONNECT has five fields of at most 64 KiB; a client that has not joined yet may not make the gateway hold more. */
const MAX_CONNECT_BYTES = 128 * 1024;

/**
 * What a packet of a client may begin with: its type, and flags (MQTT 3.1.1, section 2.2; MQTT 3.1 has a mark of duplicates on
 * three more types).
 */
const MAY_BEGIN = beginnings([
  ...[CONNECT, 0x40, 0x50, 0x62, 0x6a, 0x70, 0x82, 0x8a, 0xa2, 0xaa, 0xc0, 0xe0],
  ...[0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3a, 0x3b, 0x3c, 0x3d, 0x38, 0x39],
]);

function beginnings(bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytes) table[byte] = 1;
  return table;
}

/**
 * Reads only the fixed header of each MQTT packet (section 2.2), in whatever pieces it comes, to end a connection whose
 * packet is too large before a byte of it is kept. The parser behind it has no maximum of its own. Where what follows a packet is
 * none, its sender cut that packet, most probably: a library that counts bytes with 16 bits declared less than it sent.
 */
export class PacketGuard {
  readonly #maxPacketBytes: number;
  /** Bytes of the current packet that are still to come, its fixed header left out. */
  #bodyLeft = 0;
  /** How many bytes of the remaining length were read; -1 where a packet's first byte comes next. */
  #lengthBytes = -1;
  #length = 0;
  #isFirst = true;

  /** `maxPacketBytes`: the longest packet, its fixed header included. */
  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  /** Looks at the next piece of the stream. Returns what is wrong with it; the connection must end then. */
  check(chunk: Uint8Array): PacketFault | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#bodyLeft > 0) {
        const step = Math.min(this.#bodyLeft, chunk.length - at);
        this.#bodyLeft -= step;
        at += step;
        continue;
      }
      const byte = chunk[at++] as number;
      if (this.#lengthBytes < 0) {
        if (this.#isFirst && byte !== CONNECT) return notMqtt(byte);
        if (MAY_BEGIN[byte] === 0) return NO_PACKET;
        this.#lengthBytes = 0;
        this.#length = 0;
        continue;
      }
      this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes;
      this.#lengthBytes++;
      const fault = (byte & 0x80) !== 0 ? this.#mayContinue() : this.#begin();
      if (fault) return fault;
    }
    return undefined;
  }

  #mayContinue(): PacketFault | undefined {
    if (this.#lengthBytes < MAX_LENGTH_BYTES) return undefined;
    return { code: 'PEER_MALFORMED', message: 'sent an MQTT packet whose length field has more than four bytes' };
  }

  #begin(): PacketFault | undefined {
    const limit = this.#isFirst ? Math.min(this.#maxPacketBytes, MAX_CONNECT_BYTES) : this.#maxPacketBytes;
    const packetBytes = 1 + this.#lengthBytes + this.#length;
    if (packetBytes > limit) {
      return {
        code: 'PEER_TOO_LARGE',
        message: `sent an MQTT packet of ${packetBytes} bytes, more than the ${limit} allowed here`,
      };
    }
    this.#bodyLeft = this.#length;
    this.#lengthBytes = -1;
    this.#isFirst = false;
    return undefined;
  }
}

const NO_PACKET: PacketFault = {
  code: 'PEER_MALFORMED',
  message:
    'sent something after a packet that begins none, and was disconnected. PubSubClient 2.8 does so with a message of more than 65,535 bytes, and so does a sketch that goes on after half a message',
};

function notMqtt(byte: number): PacketFault {
  let message = 'sent something that is not MQTT; the first packet must be CONNECT';
  if (byte === TLS_HANDSHAKE) message = 'speaks TLS, this port speaks MQTT without it; turn TLS off in the client';
  else if (HTTP_LETTERS.has(String.fromCharCode(byte))) {
    message = 'speaks HTTP, this port speaks MQTT; MQTT over WebSocket is at /mqtt of the HTTP port';
  }
  return { code: 'PEER_MALFORMED', message };
}
