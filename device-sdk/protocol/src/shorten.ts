/**
 * Copies CBOR, of which every length is definite and every float has 64 bits, with each float in the shortest width that
 * is exact: arrays and maps count items, so nothing else changes.
 */
export function withShortFloats(bytes: Uint8Array): Uint8Array {
  // Not bytes.slice(): a Buffer's shares its memory.
  const out = new Uint8Array(bytes);
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const to = new DataView(out.buffer, out.byteOffset, out.byteLength);
  let read = 0;
  let written = 0;
  while (read < bytes.length) {
    const head = bytes[read] as number;
    if (head === FLOAT_64) {
      written += writeFloat(to, written, from.getFloat64(read + 1));
      read += 9;
      continue;
    }
    const short = head & 31;
    const headSize = short < 24 ? 1 : 1 + (1 << (short - 24));
    const end = read + headSize + payload(from, read, head);
    if (read === written) written = end;
    else {
      out.copyWithin(written, read, end);
      written += end - read;
    }
    read = end;
  }
  return written === out.length ? out : out.slice(0, written);
}

const FLOAT_16 = 0xf9;
const FLOAT_32 = 0xfa;
const FLOAT_64 = 0xfb;
const NAN_16 = 0x7e00;

/** How many bytes follow the head of a text or of bytes; 0 for all others. */
function payload(view: DataView, at: number, head: number): number {
  const major = head >> 5;
  if (major !== 2 && major !== 3) return 0;
  switch (head & 31) {
    case 24:
      return view.getUint8(at + 1);
    case 25:
      return view.getUint16(at + 1);
    case 26:
      return view.getUint32(at + 1);
    default:
      return head & 31;
  }
}

function writeFloat(view: DataView, at: number, value: number): number {
  const half = toHalf(value);
  if (half !== undefined) {
    view.setUint8(at, FLOAT_16);
    view.setUint16(at + 1, half);
    return 3;
  }
  if (Math.fround(value) === value) {
    view.setUint8(at, FLOAT_32);
    view.setFloat32(at + 1, value);
    return 5;
  }
  view.setUint8(at, FLOAT_64);
  view.setFloat64(at + 1, value);
  return 9;
}

const scratch = new DataView(new ArrayBuffer(4));

/** The bits of the 16-bit float (IEEE 754 binary16) that is exactly `value`, or undefined where there is none. */
export function toHalf(value: number): number | undefined {
  if (Number.isNaN(value)) return NAN_16;
  if (Math.fround(value) !== value) return undefined;
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const mantissa = bits & 0x7fffff;
  if (value === 0) return sign;
  if (exponent === 128) return sign | 0x7c00;
  if (exponent > 15 || exponent < -24) return undefined;
  if (exponent >= -14) {
    return (mantissa & 0x1fff) === 0 ? sign | ((exponent + 15) << 10) | (mantissa >> 13) : undefined;
  }
  const shift = -1 - exponent;
  const whole = mantissa | 0x800000;
  return (whole & ((1 << shift) - 1)) === 0 ? sign | (whole >> shift) : undefined;
}
