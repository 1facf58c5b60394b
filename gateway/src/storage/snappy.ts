/** LevelDB's blocks are never this long; a block that claims to be longer is damaged. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Decompresses a Snappy block (google/snappy, format_description.txt): a length, then literals and copies of earlier bytes. Throws a
 * RangeError if it is not one.
 */
export function unsnappy(block: Uint8Array): Buffer {
  const source = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  let at = 0;
  const little = (bytes: number): number => {
    const value = source.readUIntLE(at, bytes);
    at += bytes;
    return value;
  };
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = little(1);
    length += (byte & 127) * 2 ** shift;
    if (length > MAX_BYTES) throw new RangeError('too long');
    if (byte < 128) break;
  }
  const out = Buffer.alloc(length);
  let end = 0;
  while (at < source.length) {
    const tag = little(1);
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >> 2;
      const size = (short < 60 ? short : little(short - 59)) + 1;
      if (at + size > source.length || end + size > length) throw new RangeError('a literal is too long');
      out.set(source.subarray(at, at + size), end);
      at += size;
      end += size;
      continue;
    }
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const back = kind === 1 ? (tag >> 5) * 256 + little(1) : little(kind === 2 ? 2 : 4);
    if (back === 0 || back > end || end + size > length) throw new RangeError('a copy reaches too far');
    // Byte by byte, as a copy may overlap the bytes it has just written.
    for (let copied = 0; copied < size; copied++) out[end] = out[end++ - back] as number;
  }
  if (end !== length) throw new RangeError('too short');
  return out;
}
