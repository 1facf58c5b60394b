import { createHash } from 'node:crypto';

/**
 * The ETag of an appendable object in the form that OSS gives it, 32 hex digits of which the last eight are zeros: it changes with the content,
 * and differs between two objects with the same one.
 *
 * @param id that of its content, unique
 * @param crc64 decimal
 */
export function appendableEtag(id: string, crc64: string): string {
  const start = createHash('sha256').update(id).digest('hex').slice(0, 8);
  return `${BigInt(crc64).toString(16).padStart(16, '0')}${start}00000000`;
}

/** Whether an ETag has this form. */
export function isAppendableEtag(etag: string): boolean {
  return /^[0-9a-f]{24}0{8}$/.test(etag);
}
