/** Both ends inclusive, in bytes. */
export interface ByteRange {
  start: number;
  end: number;
}

/** What part of a whole a request brings: `bytes 0-99/200`; its size is undefined where there is a star for it. */
export interface ContentRange {
  /** Undefined where nothing is brought, and the request only asks how far the upload is. */
  range: ByteRange | undefined;
  size: number | undefined;
}

/** Reads a Content-Range (RFC 9110, section 14.4), such as `bytes 0-99/200`; undefined where it is none. */
export function readContentRange(header: string): ContentRange | undefined {
  const [, start, end, size] = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/i.exec(header.trim()) ?? [];
  if (size === undefined) return undefined;
  const range = start === undefined ? undefined : { start: Number(start), end: Number(end) };
  const total = size === '*' ? undefined : Number(size);
  if (range && (range.start > range.end || (total ?? Infinity) <= range.end)) return undefined;
  return { range, size: total };
}

/**
 * The part of `size` bytes that a Range asks for (RFC 9110, section 14.2). Of several parts the only one that there is; more are
 * not sent in one answer.
 *
 * @returns undefined where it is to be the whole: there is no Range, it is ill-formed or in another unit than bytes, several parts
 *   of it exist, or it asks for the end of what is empty. `none` where no byte is in it, and the answer is 416.
 */
export function readRange(header: string | undefined, size: number): ByteRange | 'none' | undefined {
  const text = header?.trim() ?? '';
  if (!/^bytes=/i.test(text)) return undefined;
  const specs = text
    .slice('bytes='.length)
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  const parts = specs.map((each) => readSpec(each, size));
  if (parts.length === 0 || parts.includes(undefined)) return undefined;
  const found = parts.filter((part): part is ByteRange => part !== 'none' && part !== undefined);
  return found.length > 1 ? undefined : (found[0] ?? 'none');
}

/** One part: `0-99`, `100-` or `-100`. */
function readSpec(spec: string, size: number): ByteRange | 'none' | undefined {
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(spec) ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const count = Math.min(Number(last), size);
    if (count > 0) return { start: size - count, end: size - 1 };
    // The end of what is empty is there, and no Content-Range can say so.
    return Number(last) === 0 ? 'none' : undefined;
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'none' : { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
