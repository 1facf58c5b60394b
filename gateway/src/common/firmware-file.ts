/** A file of firmware as section 20 of the frames protocol has it: a head that is signed, its signature, and the image. */
export const FIRMWARE_HEAD = {
  magic: 'CCFW',
  format: 1,
  versionAt: 6,
  replacesAt: 12,
  sizeAt: 20,
  boardAt: 24,
  boardBytes: 32,
  hashAt: 56,
  /** The bytes that are signed. */
  signedBytes: 88,
  /** All before the image. */
  bytes: 152,
} as const;

/** As much as the flash of the largest ESP has, and what comes before. */
export const MAX_FIRMWARE_FILE_BYTES = 16 * 1024 * 1024 + FIRMWARE_HEAD.bytes;

/** What a head says. Whether it is true is for the device to find out, which has the key. */
export interface FirmwareHead {
  /** "1.4.0" */
  version: string;
  board: string;
  /** Of the image, in bytes. */
  size: number;
}

/** Reads the head of a file of firmware; undefined: it is none, or not whole. */
export function readFirmwareHead(file: Buffer): FirmwareHead | undefined {
  const { boardAt, boardBytes, bytes, format, magic, sizeAt } = FIRMWARE_HEAD;
  if (file.length <= bytes || file.toString('latin1', 0, 4) !== magic || file.readUInt16LE(4) !== format) return;
  const named = file.toString('latin1', boardAt, boardAt + boardBytes);
  const board = named.slice(0, named.indexOf('\0') < 0 ? boardBytes : named.indexOf('\0'));
  const size = file.readUInt32LE(sizeAt);
  if (size !== file.length - bytes || !/^[\x21-\x7e]{1,32}$/.test(board)) return;
  return { version: versionAt(file, FIRMWARE_HEAD.versionAt), board, size };
}

function versionAt(file: Buffer, at: number): string {
  return [0, 2, 4].map((more) => file.readUInt16LE(at + more)).join('.');
}
