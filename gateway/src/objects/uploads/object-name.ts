import { ObjectError } from '../contract.ts';

/** What every file system takes. */
const MAX_NAME_BYTES = 255;

/**
 * What recipients are told an object is called, so that they can save it under that name: the last part of a path.
 *
 * @throws ObjectError `bad_key` where that is empty, `.` or `..`, longer than 255 bytes, or has a control character
 */
export function cleanName(path: string): string {
  const name = path.split(/[/\\]/).at(-1) ?? '';
  const fault =
    name === ''
      ? 'is empty'
      : name === '.' || name === '..'
        ? 'is a folder'
        : Buffer.byteLength(name) > MAX_NAME_BYTES
          ? `has over ${MAX_NAME_BYTES} bytes`
          : /[\p{Cc}\p{Surrogate}]/u.test(name)
            ? 'has a character that no name has'
            : undefined;
  if (fault) throw new ObjectError('bad_key', `The name of the object ${fault}.`);
  return name;
}
