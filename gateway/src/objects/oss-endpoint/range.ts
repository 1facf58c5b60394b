import type { ByteRange } from '../contract.ts';

/**
 * The part of an object that a Range header asks for: `bytes=0-99`, `bytes=100-` or `bytes=-100`.
 *
 * @param size the object's, in bytes
 * @returns undefined where it is no such range, `outside` where the object ends before it
 */
export function readRange(text: string | undefined, size: number): ByteRange | 'outside' | undefined {
  const [, first = '', last = ''] = /^bytes\s*=\s*(?:(\d+)\s*)?-\s*(\d+)?$/i.exec(text?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Number(last);
    return length === 0 || size === 0 ? 'outside' : { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'outside';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
