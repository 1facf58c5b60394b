import { type AppendOptions, MAX_APPENDED_BYTES, ObjectError, type ObjectInfo, PositionError } from './contract.ts';

/**
 * Whether so many bytes can be appended to an object, undefined if there is none. `before the end` is answered if they may be there already, and
 * the sender repeats an append.
 *
 * @throws PositionError; ObjectError `not_appendable`, `too_large`
 */
export function checkAppend(
  key: string,
  before: Pick<ObjectInfo, 'size' | 'isAppendable'> | undefined,
  bytes: number,
  { position, isRepeatable = false, maxBytes = MAX_APPENDED_BYTES }: AppendOptions,
): 'at the end' | 'before the end' {
  if (before && !before.isAppendable) {
    throw new ObjectError('not_appendable', `The object ${key} was written as a whole, so nothing can be appended.`);
  }
  const length = before?.size ?? 0;
  if (position !== undefined && position !== length) {
    if (isRepeatable && position < length) return 'before the end';
    throw new PositionError(key, position, length);
  }
  const most = Math.min(maxBytes, MAX_APPENDED_BYTES);
  if (length + bytes > most) {
    throw new ObjectError('too_large', `The object ${key} has ${length} bytes, and may have ${most} in all.`);
  }
  return 'at the end';
}
