import { open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { writeAll } from '../content/write-buffer.ts';

/** How much of an appendable object's content counts, and what that is. */
export interface Mark {
  /** Counts the appends: 0 is the one that made the object, which its sidecar tells of. */
  number: number;
  /** Bytes. */
  size: number;
  /** CRC-64/XZ of all of it, decimal. */
  crc64: string;
  /** CRC-32 of all of it. */
  crc32: number;
  /** As in the sidecar. */
  modifiedMs: number;
  cameMs: number;
  wasSynchronized: boolean;
}

const MAGIC = 0x4b4d_4343;
const VERSION = 1;
const MARK_BYTES = 64;
const CHECKED_BYTES = MARK_BYTES - 4;
/** Each of the two slots has a page of its own: a power cut spoils at most the one that is being written. */
const SLOT_BYTES = 4096;

/**
 * Puts a mark on disk, in the place of the last but one: the file never grows, and after a power cut it has this mark or the last one. True
 * if there was no file.
 */
export async function writeMark(path: string, mark: Mark): Promise<boolean> {
  let isNew = false;
  const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    isNew = true;
    return open(path, 'w+', 0o600);
  });
  try {
    await writeAll(file, encode(mark), slotOf(mark.number));
    await file.datasync();
    return isNew;
  } catch (error) {
    // It was not acknowledged, so nobody must find it.
    await writeAll(file, Buffer.alloc(MARK_BYTES), slotOf(mark.number)).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * The newest mark on disk; undefined if nothing was appended yet. Throws the system's error, or a RangeError if there must be a mark and none
 * can be read.
 */
export async function readMark(path: string): Promise<Mark | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return newestMark(bytes);
}

function newestMark(bytes: Buffer): Mark | undefined {
  const slots = [0, SLOT_BYTES].map((at) => bytes.subarray(at, at + MARK_BYTES));
  const [newest] = slots.flatMap((slot) => decode(slot) ?? []).sort((one, other) => other.number - one.number);
  if (newest !== undefined) return newest;
  // The first mark goes into the second slot. Where it broke off, the other is still empty.
  if (slots[0]?.every((byte) => byte === 0)) return undefined;
  throw new RangeError('no mark can be read');
}

function slotOf(number: number): number {
  return number % 2 === 1 ? SLOT_BYTES : 0;
}

function encode(mark: Mark): Buffer {
  const bytes = Buffer.alloc(MARK_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt8(VERSION, 4);
  bytes.writeUInt8(mark.wasSynchronized ? 1 : 0, 5);
  bytes.writeBigUInt64LE(BigInt(mark.number), 8);
  bytes.writeBigUInt64LE(BigInt(mark.size), 16);
  bytes.writeBigUInt64LE(BigInt(mark.crc64), 24);
  bytes.writeDoubleLE(mark.modifiedMs, 32);
  bytes.writeDoubleLE(mark.cameMs, 40);
  bytes.writeUInt32LE(mark.crc32, 48);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return bytes;
}

function decode(bytes: Buffer): Mark | undefined {
  if (bytes.length < MARK_BYTES || bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt8(4) !== VERSION) return undefined;
  if (bytes.readUInt32LE(CHECKED_BYTES) !== crc32(bytes.subarray(0, CHECKED_BYTES))) return undefined;
  return {
    number: Number(bytes.readBigUInt64LE(8)),
    size: Number(bytes.readBigUInt64LE(16)),
    crc64: bytes.readBigUInt64LE(24).toString(),
    crc32: bytes.readUInt32LE(48),
    modifiedMs: bytes.readDoubleLE(32),
    cameMs: bytes.readDoubleLE(40),
    wasSynchronized: bytes.readUInt8(5) === 1,
  };
}
