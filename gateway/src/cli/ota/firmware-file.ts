import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { FIRMWARE_HEAD } from '../../common/firmware-file.ts';
import { UsageError } from '../shell.ts';

/** A file as section 20 of the protocol has it: a head that is signed, its signature, and the image. */
export interface FirmwareWish {
  image: Uint8Array;
  /** Which kind of board it is for: 1 to 32 bytes of ASCII. */
  board: string;
  version: FirmwareVersion;
  /** Boards that run exactly this version take it although it is no newer. */
  replaces?: FirmwareVersion | undefined;
}

export type FirmwareVersion = readonly [major: number, minor: number, patch: number];

const SIGNATURE_BYTES = 64;

/** Reads "1.4.0". Throws a UsageError; `flag` is the one that has it. */
export function versionOf(text: string, flag: string): FirmwareVersion {
  const found = /^(\d{1,5})\.(\d{1,5})\.(\d{1,5})$/.exec(text);
  const numbers = found?.slice(1).map(Number) ?? [];
  const [major, minor, patch] = numbers;
  if (major === undefined || minor === undefined || patch === undefined || numbers.some((number) => number > 0xffff)) {
    throw new UsageError(
      `${flag} is a version of three numbers up to 65535, such as 1.4.0, not "${text.slice(0, 50)}".`,
    );
  }
  return [major, minor, patch];
}

/** Makes the file, signed with a private key of the curve P-256. Throws a UsageError where the board's name is none. */
export function encodeFirmware({ image, board, version, replaces }: FirmwareWish, key: KeyObject): Buffer {
  if (!/^[\x21-\x7e]{1,32}$/.test(board)) {
    throw new UsageError('--board is a word of at most 32 characters of ASCII, as it is in the sketch.');
  }
  const { boardAt, boardBytes, format, hashAt, magic, replacesAt, signedBytes, sizeAt, versionAt } = FIRMWARE_HEAD;
  const head = Buffer.alloc(signedBytes);
  head.write(magic, 0, 'latin1');
  head.writeUInt16LE(format, magic.length);
  for (const [index, number] of version.entries()) head.writeUInt16LE(number, versionAt + 2 * index);
  for (const [index, number] of (replaces ?? [0, 0, 0]).entries()) head.writeUInt16LE(number, replacesAt + 2 * index);
  head.writeUInt32LE(image.length, sizeAt);
  head.write(board, boardAt, boardBytes, 'latin1');
  createHash('sha256').update(image).digest().copy(head, hashAt);
  const signature = sign('sha256', head, { key, dsaEncoding: 'ieee-p1363' });
  if (signature.length !== SIGNATURE_BYTES) throw new UsageError('The key is not one of the curve P-256.');
  return Buffer.concat([head, signature, image]);
}

/** A new private key, as PEM. */
export function newFirmwareKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** Reads a private key. Throws a UsageError where it is none of the curve P-256. */
export function firmwareKeyOf(pem: string, path: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // It is no key at all.
  }
  if (key?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new UsageError(`${path} is no private key of the curve P-256: "ota keygen" makes one.`);
  }
  return key;
}

/** The public key as a sketch has it: its point, uncompressed, 130 hex digits. */
export function publicPointOf(key: KeyObject): string {
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  return `04${[x, y].map((part) => Buffer.from(part, 'base64url').toString('hex').padStart(64, '0')).join('')}`;
}
