import { BLOCK_BYTES, buildBraid, type CrcBraid, INPUT_BYTES } from './crc-braid.ts';

/** A cyclic redundancy check whose bits are reflected, and that begins and ends with all bits inverted. */
export interface CrcKind {
  bits: 32 | 64;
  /** The remainder of each byte, in halves: JavaScript's numbers hold only 32 bits in bitwise operations, and BigInt is a hundred times slower. */
  low: Int32Array;
  high: Int32Array;
  /** Made when it is first needed. */
  braid?: CrcBraid;
}

/** What OSS calls `crc64ecma`; the polynomial is that of ECMA-182, reversed. */
export const CRC64_XZ: CrcKind = kindOf(64, 0xc96c5795d7870f42n);
/** What the NVM Express specification, and S3 after it, protect data with. */
export const CRC64_NVME: CrcKind = kindOf(64, 0x9a6c9329ac4bc9b5n);
/** Castagnoli's, of iSCSI (RFC 3720) and S3. */
export const CRC32C: CrcKind = kindOf(32, 0x82f63b78n);

/** A CRC of bytes that come in pieces. */
export class Crc {
  readonly #kind: CrcKind;
  #low: number;
  #high: number;

  /** @param after goes on behind bytes that had this CRC */
  constructor(kind: CrcKind, after = 0n) {
    this.#kind = kind;
    // A shorter one is computed in the lower half, and the upper half stays 0.
    this.#high = kind.bits === 64 ? ~Number(BigInt.asIntN(32, after >> 32n)) : 0;
    this.#low = ~Number(BigInt.asIntN(32, after));
  }

  update(bytes: Uint8Array): void {
    let position = 0;
    while (bytes.length - position >= 2 * BLOCK_BYTES) {
      const piece = bytes.subarray(position, position + INPUT_BYTES);
      this.#braided(piece);
      position += piece.length;
    }
    this.#bytewise(bytes, position, bytes.length);
  }

  /** The CRC of all bytes so far, as an unsigned number. */
  digest(): bigint {
    const high = this.#kind.bits === 64 ? ~this.#high >>> 0 : 0;
    return (BigInt(high) << 32n) | BigInt(~this.#low >>> 0);
  }

  #bytewise(bytes: Uint8Array, start: number, end: number): void {
    const { low: lows, high: highs } = this.#kind;
    let low = this.#low;
    let high = this.#high;
    for (let index = start; index < end; index++) {
      const entry = (low ^ at(bytes, index)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ at(lows, entry);
      high = (high >>> 8) ^ at(highs, entry);
    }
    this.#low = low;
    this.#high = high;
  }

  /** From two blocks up to INPUT_BYTES. */
  #braided(piece: Uint8Array): void {
    this.#kind.braid ??= buildBraid(laterTables(this.#kind));
    const { input, take } = this.#kind.braid;
    input.set(piece);
    // The CRC so far has the same effect as a change of the first eight bytes.
    for (let index = 0; index < 4; index++) {
      input[index] = at(input, index) ^ (this.#low >>> (8 * index));
      input[index + 4] = at(input, index + 4) ^ (this.#high >>> (8 * index));
    }
    this.#low = 0;
    this.#high = 0;
    const taken = piece.length - (piece.length % BLOCK_BYTES) - BLOCK_BYTES;
    take(taken);
    this.#bytewise(input, taken, piece.length);
  }
}

/** @param polynomial its bits in the order of a reflected CRC */
function kindOf(bits: 32 | 64, polynomial: bigint): CrcKind {
  const low = new Int32Array(256);
  const high = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1n ? (remainder >> 1n) ^ polynomial : remainder >> 1n;
    low[byte] = Number(BigInt.asIntN(32, remainder));
    high[byte] = Number(BigInt.asIntN(32, remainder >> 32n));
  }
  return { bits, low, high };
}

/** The tables for `buildBraid`. */
function laterTables({ low: lows, high: highs }: CrcKind): Int32Array {
  const tables = new Int32Array(8 * 256 * 2);
  for (let byte = 0; byte < 256; byte++) {
    let low = at(lows, byte);
    let high = at(highs, byte);
    for (let place = BLOCK_BYTES - 1; place >= 0; place--) {
      if (place < 8) tables.set([low, high], (place * 256 + byte) * 2);
      const entry = low & 255;
      low = ((low >>> 8) | (high << 24)) ^ at(lows, entry);
      high = (high >>> 8) ^ at(highs, entry);
    }
  }
  return tables;
}

function at(table: Int32Array | Uint8Array, index: number): number {
  return table[index] as number;
}
