import type { ByteRange } from '../objects/contract.ts';
import { RequestError } from './request-error.ts';

/** What part of a whole a request brings: `bytes 0-99/200`; its size is undefined where there is a star for it. */
export interface ContentRange {
  /** Undefined where nothing is brought, and the request only asks how far the upload is. */
  range: ByteRange | undefined;
  size: number | undefined;
}

/** Reads a Content-Range (RFC 9110, section 14.4). Throws a RequestError where it is none. */
export function readContentRange(header: string): ContentRange {
  const [, start, end, size] = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/.exec(header) ?? [];
  const range = start === undefined ? undefined : { start: Number(start), end: Number(end) };
  const total = size === undefined || size === '*' ? undefined : Number(size);
  const isSound = size !== undefined && (!range || (range.start <= range.end && (total ?? Infinity) > range.end));
  if (!isSound) {
    throw new RequestError('PEER_MALFORMED', 'The Content-Range is none: write it like "bytes 0-65535/200000".');
  }
  return { range, size: total };
}

/**
 * The part of `size` bytes that a Range asks for (RFC 9110, section 14.2): undefined where it is to be the whole, because
 * there is no Range, or one that may be ignored, such as several parts. `none` where no byte is in it.
 */
export function readRange(header: string | undefined, size: number): ByteRange | 'none' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const count = Math.min(Number(last), size);
    return count === 0 ? 'none' : { start: size - count, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'none' : { start, end };
}
