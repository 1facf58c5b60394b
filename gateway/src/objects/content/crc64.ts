/** The reversed polynomial of CRC-64/XZ, which is ECMA-182's. */
const POLYNOMIAL = 0xc96c5795d7870f42n;
/** Bytes taken in one step, each with a table of its own: what it does to the remainder from so far ahead. */
const SLICES = 8;

/** The halves of 64 bits: numbers in JavaScript hold only 32 of them without loss, and BigInt is a hundred times slower. */
const LOW = new Int32Array(256 * SLICES);
const HIGH = new Int32Array(256 * SLICES);
for (let byte = 0; byte < 256; byte++) {
  let remainder = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1n ? (remainder >> 1n) ^ POLYNOMIAL : remainder >> 1n;
  LOW[byte] = Number(BigInt.asIntN(32, remainder));
  HIGH[byte] = Number(BigInt.asIntN(32, remainder >> 32n));
}
for (let index = 256; index < 256 * SLICES; index++) {
  const low = at(LOW, index - 256);
  const high = at(HIGH, index - 256);
  LOW[index] = ((low >>> 8) | (high << 24)) ^ at(LOW, low & 255);
  HIGH[index] = (high >>> 8) ^ at(HIGH, low & 255);
}

function at(table: Int32Array | Uint8Array, index: number): number {
  return table[index] as number;
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** CRC-64/XZ, the check that OSS calls `crc64ecma`, over bytes that come in pieces. */
export class Crc64 {
  #low = -1;
  #high = -1;

  update(bytes: Uint8Array): void {
    let position = 0;
    const { buffer, byteOffset, length } = bytes;
    if (isLittleEndian && length >= 16) {
      const lead = -byteOffset & 3;
      this.#bytewise(bytes, 0, lead);
      const words = new Int32Array(buffer, byteOffset + lead, ((length - lead) >> 3) * 2);
      this.#wordwise(words);
      position = lead + words.length * 4;
    }
    this.#bytewise(bytes, position, length);
  }

  /** In decimal, as OSS gives it. */
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

  /** Eight bytes a step: the first of them is farthest from the end, so it has the last table. */
  #wordwise(words: Int32Array): void {
    let low = this.#low;
    let high = this.#high;
    for (let index = 0; index < words.length; index += 2) {
      low ^= at(words, index);
      high ^= at(words, index + 1);
      const a = 1792 + (low & 255);
      const b = 1536 + ((low >>> 8) & 255);
      const c = 1280 + ((low >>> 16) & 255);
      const d = 1024 + (low >>> 24);
      const e = 768 + (high & 255);
      const f = 512 + ((high >>> 8) & 255);
      const g = 256 + ((high >>> 16) & 255);
      const h = high >>> 24;
      low = at(LOW, a) ^ at(LOW, b) ^ at(LOW, c) ^ at(LOW, d) ^ at(LOW, e) ^ at(LOW, f) ^ at(LOW, g) ^ at(LOW, h);
      high =
        at(HIGH, a) ^ at(HIGH, b) ^ at(HIGH, c) ^ at(HIGH, d) ^ at(HIGH, e) ^ at(HIGH, f) ^ at(HIGH, g) ^ at(HIGH, h);
    }
    this.#low = low;
    this.#high = high;
  }
}
