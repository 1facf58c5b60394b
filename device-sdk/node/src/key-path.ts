import { CrossCommError } from './error.ts';

/** What no file of ours is called: it leads elsewhere, or some system reads more into it than a name. */
const NOT_A_NAME = /[\\:\p{Cc}\p{Surrogate}]|[. ]$/u;
const MAX_NAME_BYTES = 255;

/** Whether a path with `/` between its names stays inside the directory that it is made in, on every system. */
export function isSafePath(path: string): boolean {
  return path
    .split('/')
    .every((name) => name !== '' && !NOT_A_NAME.test(name) && new TextEncoder().encode(name).length <= MAX_NAME_BYTES);
}

/**
 * The parts of an object's key as names of folders and of a file, so that it stays inside the directory that it is downloaded to.
 *
 * @throws CrossCommError `name_invalid` for a key that would not
 */
export function pathOfKey(key: string): string[] {
  if (isSafePath(key)) return key.split('/');
  throw new CrossCommError('name_invalid', `Not downloaded: the key ${JSON.stringify(key.slice(0, 200))} is no path.`);
}
