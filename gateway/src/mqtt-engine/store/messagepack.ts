/** What earlier versions wrote: maps with texts, numbers, bytes and truth values. */
type Value = undefined | boolean | number | string | Buffer | Value[] | Map<string, Value>;

/**
 * Reads the map that `bytes` are in MessagePack, as far as the store of earlier versions used it. Undefined for anything else, and for what
 * is cut short.
 */
export function readMap(bytes: Buffer): ReadonlyMap<string, Value> | undefined {
  try {
    const value = new MessagePackReader(bytes).value();
    return value instanceof Map ? value : undefined;
  } catch {
    return undefined;
  }
}

class MessagePackReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(): Value {
    const kind = this.#uint(1);
    if (kind < 0x80) return kind;
    if (kind < 0x90) return this.#map(kind & 0x0f);
    if (kind < 0xa0) return this.#list(kind & 0x0f);
    if (kind < 0xc0) return this.#take(kind & 0x1f).toString();
    if (kind >= 0xe0) return kind - 0x100;
    switch (kind) {
      case 0xc0:
        return undefined;
      case 0xc2:
      case 0xc3:
        return kind === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#take(this.#uint(1 << (kind - 0xc4)));
      case 0xca:
        return this.#take(4).readFloatBE();
      case 0xcb:
        return this.#take(8).readDoubleBE();
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(1 << (kind - 0xcc));
      case 0xcf:
        return Number(this.#take(8).readBigUInt64BE());
      case 0xd0:
        return this.#take(1).readInt8();
      case 0xd1:
        return this.#take(2).readInt16BE();
      case 0xd2:
        return this.#take(4).readInt32BE();
      case 0xd3:
        return Number(this.#take(8).readBigInt64BE());
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#take(this.#uint(1 << (kind - 0xd9))).toString();
      case 0xdc:
      case 0xdd:
        return this.#list(this.#uint(2 << (kind - 0xdc)));
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(2 << (kind - 0xde)));
      default:
        throw new RangeError('no such kind of value');
    }
  }

  #map(size: number): Map<string, Value> {
    const map = new Map<string, Value>();
    for (let left = size; left > 0; left--) map.set(String(this.value()), this.value());
    return map;
  }

  #list(size: number): Value[] {
    const list: Value[] = [];
    for (let left = size; left > 0; left--) list.push(this.value());
    return list;
  }

  #uint(length: number): number {
    return this.#take(length).readUIntBE(0, length);
  }

  #take(length: number): Buffer {
    const begin = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('cut short');
    return this.#bytes.subarray(begin, this.#at);
  }
}
