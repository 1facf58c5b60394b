const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  return crc;
});

/** Where a CRC begins. */
export const CRC_START = 0xffff;

/** What `updateCrc` gives over bytes and the two bytes of their checksum, if nothing is wrong. */
export const CRC_RESIDUE = 0xf0b8;

/** The register after one more byte; it begins with CRC_START and is inverted at the end. */
export function updateCrc(crc: number, byte: number): number {
  return (crc >> 8) ^ (TABLE[(crc ^ byte) & 0xff] as number);
}

/** CRC-16/X-25 of the bytes (SPEC.md, section 11). */
export function crc16x25(bytes: Uint8Array): number {
  let crc = CRC_START;
  for (let at = 0; at < bytes.length; at++) crc = updateCrc(crc, bytes[at] as number);
  return crc ^ 0xffff;
}

const CRC32_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 as in zlib and PNG, over bytes that come in order; the checksum of files (SPEC.md, section 3). */
export class Crc32 {
  #crc = 0xffffffff;
  #length = 0;

  /** How many bytes were counted. */
  get length(): number {
    return this.#length;
  }

  get value(): number {
    return ~this.#crc >>> 0;
  }

  /** Counts bytes that begin at `offset`; those that were counted before are skipped. There must be no gap. */
  updateAt(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (end <= this.#length) return;
    let crc = this.#crc;
    for (let index = this.#length - offset; index < bytes.length; index++) {
      crc = (crc >>> 8) ^ (CRC32_TABLE[(crc ^ (bytes[index] as number)) & 0xff] as number);
    }
    this.#crc = crc;
    this.#length = end;
  }
}
