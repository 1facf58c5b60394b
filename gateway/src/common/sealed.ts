import { crc32 } from 'node:zlib';

/**
 * Values with a checksum behind them: LevelDB checks those of its logs, but not those of its tables when it reads them. What has
 * no seal is of an earlier version, and taken as it is.
 */
const MARK = Buffer.from('\u0001CRC', 'latin1');
/** How many bytes a seal adds to a value. */
export const SEAL_BYTES = MARK.length + 4;

/** What a damaged value is read as: no text and no packet is like it. */
export const DAMAGED_BYTES = Buffer.from('\u0000damaged', 'latin1');
export const DAMAGED_TEXT = DAMAGED_BYTES.toString('latin1');

/** `bytes` with their seal. */
function seal(bytes: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(bytes.length + SEAL_BYTES);
  sealed.set(bytes);
  sealInPlace(sealed);
  return sealed;
}

/** Seals a value whose last `SEAL_BYTES` bytes are room for its seal. */
export function sealInPlace(value: Buffer): void {
  let at = value.length - SEAL_BYTES;
  let sum = crc32(value.subarray(0, at));
  // So few bytes are set sooner than copied.
  for (let index = 0; index < MARK.length; index++) value[at++] = MARK[index] as number;
  for (; at < value.length; at++) {
    value[at] = sum;
    sum >>>= 8;
  }
}

/** The bytes without their seal; `DAMAGED_BYTES` where they are others than were sealed. */
export function unseal(stored: Uint8Array): Buffer {
  const sealed = Buffer.isBuffer(stored) ? stored : Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const end = sealed.length - SEAL_BYTES;
  if (end < 0 || !isMarked(sealed, end)) return sealed;
  const bytes = sealed.subarray(0, end);
  return crc32(bytes) === sealed.readUInt32LE(end + MARK.length) ? bytes : DAMAGED_BYTES;
}

function isMarked(value: Buffer, at: number): boolean {
  for (let index = 0; index < MARK.length; index++) if (value[at + index] !== MARK[index]) return false;
  return true;
}

/** Encodings of values for the database: text, and bytes. Damaged values are read as `DAMAGED_TEXT` and `DAMAGED_BYTES`. */
export const sealedText = {
  name: 'sealed-text',
  format: 'buffer' as const,
  encode: (text: string): Buffer => {
    const bytes = Buffer.byteLength(text);
    const sealed = Buffer.allocUnsafe(bytes + SEAL_BYTES);
    sealed.write(text);
    sealInPlace(sealed);
    return sealed;
  },
  decode: (stored: Uint8Array): string => {
    const bytes = unseal(stored);
    return bytes === DAMAGED_BYTES ? DAMAGED_TEXT : bytes.toString('utf8');
  },
};

export const sealedBytes = {
  name: 'sealed-bytes',
  format: 'buffer' as const,
  encode: (bytes: Uint8Array): Buffer => seal(bytes),
  decode: (stored: Uint8Array): Buffer => unseal(stored),
};
