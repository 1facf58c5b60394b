import { ObjectError } from '../contract.ts';

/** How a format is recognised by its first bytes, and how far its own structure reaches. */
interface Format {
  name: string;
  begins(bytes: Buffer): boolean;
  /** Whether everything is there that the structure promises; also true if there is no valid structure. */
  isWhole(bytes: Buffer): boolean;
}

const FORMATS: readonly Format[] = [
  { name: 'JPEG', begins: (bytes) => hasText(bytes, 0, '\xff\xd8\xff'), isWhole: isWholeJpeg },
  { name: 'PNG', begins: (bytes) => hasText(bytes, 0, '\x89PNG\r\n\x1a\n'), isWhole: isWholePng },
  { name: 'GIF', begins: (bytes) => hasText(bytes, 0, 'GIF87a') || hasText(bytes, 0, 'GIF89a'), isWhole: isWholeGif },
  { name: 'WebP', begins: (bytes) => hasText(bytes, 0, 'RIFF') && hasText(bytes, 8, 'WEBP'), isWhole: isWholeRiff },
];

function hasText(bytes: Buffer, at: number, text: string): boolean {
  return bytes.toString('latin1', at, at + text.length) === text;
}

/** Throws ObjectError `cut` for an image that `formatOfCutImage` knows to be incomplete. */
export function checkWhole(content: Uint8Array): void {
  const format = formatOfCutImage(content);
  if (format === undefined) return;
  throw new ObjectError(
    'cut',
    `It is a ${format} that was cut after ${content.length} bytes. PubSubClient 2.8 counts the bytes of a message with 16 bits, and cuts what has more than 65,535: send a smaller image, or take PubSubClient3.`,
  );
}

/**
 * The format of an image that ends before its own structure does, such as a JPEG without its end marker. Undefined if the image is
 * complete, of an unknown format, or damaged in another way. Bytes after the end of an image are no error.
 */
export function formatOfCutImage(content: Uint8Array): string | undefined {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const format = FORMATS.find(({ begins }) => begins(bytes));
  return format === undefined || format.isWhole(bytes) ? undefined : format.name;
}

const SOS = 0xda;
const EOI = 0xd9;
const TEM = 0x01;

/** ITU T.81, annex B: segments up to EOI; the segment of a scan is followed by entropy-coded data. */
function isWholeJpeg(bytes: Buffer): boolean {
  let at = 2;
  while (at < bytes.length) {
    if (bytes[at] !== 0xff) return true;
    // Any marker may be preceded by fill bytes.
    while (bytes[at] === 0xff) at++;
    if (at >= bytes.length) return false;
    const marker = bytes[at++] as number;
    if (marker === EOI) return true;
    if (isAlone(marker)) continue;
    if (at + 2 > bytes.length) return false;
    at += bytes.readUInt16BE(at);
    if (marker === SOS) at = endOfScan(bytes, at);
  }
  return false;
}

/** The position of the next marker after entropy-coded data, in which 0xFF is followed by 0 or a restart marker. */
function endOfScan(bytes: Buffer, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1] as number;
    if (next !== 0 && !isRestart(next)) return at;
    at = bytes.indexOf(0xff, at + 2);
  }
  return bytes.length;
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

/** Markers without a length. */
function isAlone(marker: number): boolean {
  return marker === TEM || isRestart(marker);
}

/** PNG, section 5: chunks of a length, a type, content and a CRC, up to IEND. */
function isWholePng(bytes: Buffer): boolean {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IEND') return true;
    at += 12 + bytes.readUInt32BE(at);
  }
  return false;
}

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;

/** GIF89a: blocks up to the trailer. */
function isWholeGif(bytes: Buffer): boolean {
  if (bytes.length < 13) return false;
  let at = 13 + colourTableBytes(bytes[10] as number);
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === TRAILER) return true;
    if (block === EXTENSION) at += 2;
    else if (block === IMAGE) at += 11 + colourTableBytes(bytes[at + 9] ?? 0);
    else return true;
    // Sub-blocks, each after its length, up to an empty one.
    while (at < bytes.length && bytes[at] !== 0) at += 1 + (bytes[at] as number);
    at++;
  }
  return false;
}

function colourTableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

function isWholeRiff(bytes: Buffer): boolean {
  return 8 + bytes.readUInt32LE(4) <= bytes.length;
}
