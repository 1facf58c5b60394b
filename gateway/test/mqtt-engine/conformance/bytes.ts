/** The data types of MQTT (MQTT 5, section 1.5), written and read for tests; the gateway's codec has no part in it. */

/** What a broker sent is not MQTT. */
export class Fault extends Error {}

export const concat = (...parts: Buffer[]): Buffer => Buffer.concat(parts);
export const u8 = (value: number): Buffer => Buffer.from([value]);
export const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A variable byte integer. */
export function vbi(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  do {
    const low = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 ? low | 128 : low);
  } while (left > 0);
  return Buffer.from(bytes);
}

/** Bytes with their length before them. */
export const bin = (value: Buffer): Buffer => concat(u16(value.length), value);

/** A string with its length before it; bytes are taken for its UTF-8. */
export const str = (text: string | Buffer): Buffer => bin(typeof text === 'string' ? Buffer.from(text) : text);

/** A packet of its first byte and its parts. */
export function packet(first: number, ...parts: Buffer[]): Buffer {
  const body = concat(...parts);
  return concat(u8(first), vbi(body.length), body);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads one packet, and throws a `Fault` where it ends too early. */
export class Reader {
  #at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw new Fault('a field ends after its packet');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  part(length: number): Reader {
    return new Reader(this.take(length));
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  vbi(): number {
    let value = 0;
    for (let place = 0; place < 4; place++) {
      const byte = this.u8();
      value += (byte & 127) * 128 ** place;
      if (byte < 128) {
        if (byte === 0 && place > 0)
          throw new Fault('a variable byte integer is longer than it need be [MQTT-1.5.5-1]');
        return value;
      }
    }
    throw new Fault('a variable byte integer has more than four bytes');
  }

  bin(): Buffer {
    return this.take(this.u16());
  }

  str(): string {
    try {
      const text = UTF8.decode(this.bin());
      if (text.includes('\0')) throw new Fault('a string contains NUL [MQTT-1.5.4-2]');
      return text;
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new Fault('a string is no UTF-8 [MQTT-1.5.4-1]');
    }
  }
}
