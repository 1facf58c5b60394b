/** From here on the methods of `Buffer` are faster than a loop. */
const LONG = 32;
const FIRST_BEYOND_ASCII = 0x80;

/** How many bytes a string takes as UTF-8, its length left out. */
export function textBytes(text: string): number {
  if (text.length > LONG) return Buffer.byteLength(text);
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) >= FIRST_BEYOND_ASCII) return Buffer.byteLength(text);
  }
  return text.length;
}

/** Writes a string that takes `bytes` bytes, its length before it. Returns where it ends. */
export function writeText(target: Buffer, at: number, text: string, bytes: number): number {
  const begin = writeShort(target, at, bytes);
  if (bytes > LONG || bytes !== text.length) {
    target.write(text, begin, bytes, 'utf8');
    return begin + bytes;
  }
  for (let index = 0; index < bytes; index++) target[begin + index] = text.charCodeAt(index);
  return begin + bytes;
}

export function writeShort(target: Buffer, at: number, value: number): number {
  target[at] = value >> 8;
  target[at + 1] = value;
  return at + 2;
}

export function writeLong(target: Buffer, at: number, value: number): number {
  return target.writeUInt32BE(value, at);
}

/** How many bytes a variable byte integer takes. */
export function variableBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  return value < 0x200000 ? 3 : 4;
}

export function writeVariable(target: Buffer, at: number, value: number): number {
  let left = value;
  let next = at;
  while (left >= 0x80) {
    target[next++] = (left & 0x7f) | 0x80;
    left >>= 7;
  }
  target[next++] = left;
  return next;
}
