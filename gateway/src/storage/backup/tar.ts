/** Of an archive in the format of POSIX (ustar), which every `tar` reads: an entry is a header, its content, and zeros up to whole blocks. */
export const BLOCK_BYTES = 512;
/** The longest name of a file, and of what comes before the slash ahead of it. */
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
/** What eleven octal digits hold; a larger size is written as a binary number, as GNU tar does. */
const MAX_OCTAL_SIZE = 8 ** 11 - 1;

const SIZE_AT = 124;
const TIME_AT = 136;
const CHECKSUM_AT = 148;
const PREFIX_AT = 345;

/** What is known of an entry. */
export interface TarEntry {
  /** With slashes; 1 to 100 bytes behind a slash before which there are up to 155. */
  name: string;
  /** Bytes. */
  size: number;
  /** Seconds since 1970. */
  timeS: number;
}

/** What ends an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK_BYTES);

/** How many zeros follow a content of so many bytes. */
export function paddingOf(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** The header of a file that only its owner may read. Throws a RangeError where the name is too long. */
export function tarHeader({ name, size, timeS }: TarEntry): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const [prefix, rest] = splitName(name);
  header.write(rest, 0);
  header.write('0000600\0' + '0000000\0' + '0000000\0', NAME_BYTES);
  writeSize(header, size);
  header.write(`${timeS.toString(8).padStart(11, '0')}\0`, TIME_AT);
  header.write('        0', CHECKSUM_AT);
  header.write('ustar\x0000', 257);
  header.write(prefix, PREFIX_AT);
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT);
  return header;
}

/**
 * Reads a header that `tarHeader` wrote. Undefined where it is none: each of its bytes must be as it would be written, so that whatever is
 * damaged is noticed.
 */
export function readTarHeader(block: Buffer): TarEntry | undefined {
  const prefix = textAt(block, PREFIX_AT, PREFIX_BYTES);
  const rest = textAt(block, 0, NAME_BYTES);
  const name = prefix === '' ? rest : `${prefix}/${rest}`;
  const isBinary = block[SIZE_AT] === 0x80;
  const size = isBinary ? Number(block.readBigUInt64BE(SIZE_AT + 4)) : Number.parseInt(textAt(block, SIZE_AT, 12), 8);
  const timeS = Number.parseInt(textAt(block, TIME_AT, 12), 8);
  if (![size, timeS].every((number) => Number.isSafeInteger(number) && number >= 0)) return undefined;
  try {
    const entry = { name, size, timeS };
    return tarHeader(entry).equals(block) ? entry : undefined;
  } catch {
    return undefined;
  }
}

function writeSize(header: Buffer, size: number): void {
  if (size <= MAX_OCTAL_SIZE) {
    header.write(`${size.toString(8).padStart(11, '0')}\0`, SIZE_AT);
    return;
  }
  header[SIZE_AT] = 0x80;
  header.writeBigUInt64BE(BigInt(size), SIZE_AT + 4);
}

/** A name in the two fields that it goes into. */
function splitName(name: string): [prefix: string, rest: string] {
  if (Buffer.byteLength(name) <= NAME_BYTES) return ['', name];
  const slash = name.lastIndexOf('/');
  const [prefix, rest] = [name.slice(0, Math.max(0, slash)), name.slice(slash + 1)];
  if (slash < 1 || Buffer.byteLength(prefix) > PREFIX_BYTES || Buffer.byteLength(rest) > NAME_BYTES) {
    throw new RangeError(`the name ${name} is too long`);
  }
  return [prefix, rest];
}

/** The sum of all bytes, of which those of the checksum count as spaces. */
function sumOf(header: Buffer): number {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= CHECKSUM_AT && at < CHECKSUM_AT + 8 ? 0x20 : byte;
  return sum;
}

function textAt(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}
