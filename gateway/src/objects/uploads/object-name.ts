import { ObjectError } from '../contract.ts';

/** A length that every file system accepts. */
const MAX_NAME_BYTES = 255;

/**
 * The name that recipients are told, so that they can save the object under it: the last part of a path.
 * @throws ObjectError `bad_key` if the name is empty, `.` or `..`, longer than 255 bytes, or has a control character
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
