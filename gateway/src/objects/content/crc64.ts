import { BLOCK_BYTES, buildBraid, type Crc64Braid, INPUT_BYTES } from './crc64-braid.ts';

/** The reversed polynomial of CRC-64/XZ, the one of ECMA-182. */
const POLYNOMIAL = 0xc96c5795d7870f42n;

/**
 * The remainder of each byte, in halves: JavaScript's numbers hold only 32 bits in bitwise operations, and BigInt is a hundred times
 * slower.
 */
const LOW = new Int32Array(256);
const HIGH = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1n ? (remainder >> 1n) ^ POLYNOMIAL : remainder >> 1n;
  LOW[byte] = Number(BigInt.asIntN(32, remainder));
  HIGH[byte] = Number(BigInt.asIntN(32, remainder >> 32n));
}

let braid: Crc64Braid | undefined;

/** CRC-64/XZ, the checksum that OSS calls `crc64ecma`, of bytes that come in pieces. */
export class Crc64 {
  #low = -1;
  #high = -1;

  update(bytes: Uint8Array): void {
    let position = 0;
    while (bytes.length - position >= 2 * BLOCK_BYTES) {
      const piece = bytes.subarray(position, position + INPUT_BYTES);
      this.#braided(piece);
      position += piece.length;
    }
    this.#bytewise(bytes, position, bytes.length);
  }

  /** In decimal, as OSS shows it. */
  digest(): string {
    return ((BigInt(~this.#high >>> 0) << 32n) | BigInt(~this.#low >>> 0)).toString();
  }

  #bytewise(bytes: Uint8Array, start: number, end: number): void {
    let low = this.#low;
    let high = this.#high;
    for (let index = start; index < end; index++) {
      const entry = (low ^ at(bytes, index)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ at(LOW, entry);
      high = (high >>> 8) ^ at(HIGH, entry);
    }
    this.#low = low;
    this.#high = high;
  }

  /** From two blocks up to INPUT_BYTES. */
  #braided(piece: Uint8Array): void {
    braid ??= buildBraid(laterTables());
    const { input, take } = braid;
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

/** The tables for `buildBraid`. */
function laterTables(): Int32Array {
  const tables = new Int32Array(8 * 256 * 2);
  for (let byte = 0; byte < 256; byte++) {
    let low = at(LOW, byte);
    let high = at(HIGH, byte);
    for (let place = BLOCK_BYTES - 1; place >= 0; place--) {
      if (place < 8) tables.set([low, high], (place * 256 + byte) * 2);
      const entry = low & 255;
      low = ((low >>> 8) | (high << 24)) ^ at(LOW, entry);
      high = (high >>> 8) ^ at(HIGH, entry);
    }
  }
  return tables;
}

function at(table: Int32Array | Uint8Array, index: number): number {
  return table[index] as number;
}
