import { crc32c, maskCrc } from './crc32c.ts';
import { unsnappy } from './snappy.ts';

/** The result of checking one of LevelDB's tables against its checksums. */
export interface TableCheck {
  /** How many blocks it has, of keys and values and of filters. */
  blocks: number;
  /** How many of these blocks are damaged, and their size in bytes. */
  damagedBlocks: number;
  damagedBytes: number;
  /** False if even the index of the blocks, or the pointer to it, is damaged. */
  isReadable: boolean;
  /** False if the number at the end of the table is wrong; LevelDB then reads nothing of the table. */
  hasEnd: boolean;
}

/** The footer: pointers to two blocks, and the end (doc/table_format.md). */
const FOOTER_BYTES = 48;
/** The number at the end of every table. */
export const TABLE_END = Buffer.from('57fb808b247547db', 'hex');
/** The type of a compressed block; type and checksum follow each block. */
const SNAPPY = 1;
const UNREADABLE: TableCheck = { blocks: 0, damagedBlocks: 0, damagedBytes: 0, isReadable: false, hasEnd: false };

/** Checks each block of a table against its checksum, which LevelDB writes but does not verify when it reads. */
export function checkLevelTable(file: Buffer): TableCheck {
  const footer = file.length - FOOTER_BYTES;
  if (footer < 0) return UNREADABLE;
  const hasEnd = file.subarray(-TABLE_END.length).equals(TABLE_END);
  try {
    const [meta, afterMeta] = readHandle(file, footer);
    const [index] = readHandle(file, afterMeta);
    if (!isSound(file, index)) return UNREADABLE;
    const check: TableCheck = { blocks: 0, damagedBlocks: 0, damagedBytes: 0, isReadable: true, hasEnd };
    // A damaged filter hides keys that are there.
    const filters = isSound(file, meta) ? [...handlesIn(contentsOf(file, meta))] : [];
    for (const block of [...handlesIn(contentsOf(file, index)), meta, ...filters]) {
      check.blocks++;
      if (isSound(file, block)) continue;
      check.damagedBlocks++;
      check.damagedBytes += block.size;
    }
    return check;
  } catch (error) {
    if (error instanceof RangeError) return UNREADABLE;
    throw error;
  }
}

/** A block without entries. */
const EMPTY_BLOCK = Buffer.from('0000000001000000', 'hex');

/**
 * Makes a table of the sound blocks of a damaged one, for LevelDB's repair to read; it has no filter. Returns undefined if no block is
 * sound or the index cannot be read.
 */
export function withoutDamage(file: Buffer): Buffer | undefined {
  const footer = file.length - FOOTER_BYTES;
  try {
    const [index] = readHandle(file, readHandle(file, footer)[1]);
    const entries = [...entriesIn(contentsOf(file, index))].filter(({ handle }) => isSound(file, handle));
    if (entries.length === 0) return undefined;
    let at = 0;
    const starts = entries.map(({ bytes }) => {
      at += bytes.length;
      return numberOf(at - bytes.length);
    });
    const newIndex = Buffer.concat([...entries.map(({ bytes }) => bytes), ...starts, numberOf(entries.length)]);
    const indexOffset = footer + EMPTY_BLOCK.length + 5;
    const end = Buffer.alloc(FOOTER_BYTES);
    Buffer.concat([...[footer, EMPTY_BLOCK.length, indexOffset, newIndex.length].map(varintOf)]).copy(end);
    TABLE_END.copy(end, FOOTER_BYTES - TABLE_END.length);
    return Buffer.concat([file.subarray(0, footer), sealed(EMPTY_BLOCK), sealed(newIndex), end]);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A block, uncompressed, with its type and checksum. */
function sealed(block: Buffer): Buffer {
  const typed = Buffer.concat([block, Buffer.alloc(1)]);
  return Buffer.concat([typed, numberOf(maskCrc(crc32c(typed)))]);
}

function numberOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function varintOf(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

interface Handle {
  offset: number;
  size: number;
}

function isSound(file: Buffer, { offset, size }: Handle): boolean {
  const end = offset + size + 1;
  return end + 4 <= file.length && maskCrc(crc32c(file.subarray(offset, end))) === file.readUInt32LE(end);
}

function contentsOf(file: Buffer, { offset, size }: Handle): Buffer {
  const bytes = file.subarray(offset, offset + size);
  return file.readUInt8(offset + size) === SNAPPY ? unsnappy(bytes) : bytes;
}

/** The pointers to the blocks in an index. */
function* handlesIn(index: Buffer): Generator<Handle> {
  for (const { handle } of entriesIn(index)) yield handle;
}

/**
 * The entries of an index: the length of the prefix shared with the previous key (always 0 in an index), the rest of the key, and a block
 * handle.
 */
function* entriesIn(index: Buffer): Generator<{ bytes: Buffer; handle: Handle }> {
  const end = index.length - 4 - 4 * index.readUInt32LE(index.length - 4);
  let at = 0;
  while (at < end) {
    const [, afterShared] = readVarint(index, at);
    const [unshared, afterUnshared] = readVarint(index, afterShared);
    const [length, afterLength] = readVarint(index, afterUnshared);
    const value = afterLength + unshared;
    yield { bytes: index.subarray(at, value + length), handle: readHandle(index, value)[0] };
    at = value + length;
  }
}

function readHandle(bytes: Buffer, at: number): [handle: Handle, next: number] {
  const [offset, afterOffset] = readVarint(bytes, at);
  const [size, next] = readVarint(bytes, afterOffset);
  return [{ offset, size }, next];
}

function readVarint(bytes: Buffer, start: number): [value: number, next: number] {
  let at = start;
  let value = 0;
  for (let shift = 0; shift < 50; shift += 7) {
    const byte = bytes.readUInt8(at++);
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
  throw new RangeError('a number is too long');
}
