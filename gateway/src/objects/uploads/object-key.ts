import { createHash } from 'node:crypto';
import { ObjectError } from '../contract.ts';

/** The prefix of the keys of CrossComm clients' objects. */
const ROOT = 'cross_comm';
/** Longer client names are shortened, so that keys stay far below 1023 bytes. */
const MAX_CLIENT_BYTES = 200;
const EXTENSION = /\.[A-Za-z0-9]{1,16}$/;
/** All except letters and digits of any script, and characters that are harmless in URLs and file names. */
const UNSAFE = /[^\p{L}\p{M}\p{N}._@~-]/gu;

/**
 * The key of a new object: `cross_comm/<client>/<ms>_<8 hex><extension>`, in the form that pywayne's clients use.
 * @param unique eight hex digits
 */
export function objectKey(client: string, name: string, nowMs: number, unique: string): string {
  return `${clientPrefix(client)}${Math.trunc(nowMs)}_${unique}${EXTENSION.exec(name)?.[0] ?? ''}`;
}

const FOLDER = /^\d{1,16}_[0-9a-f]{8}_folder$/;

/**
 * The key of a client's folder, the prefix of the keys of its files: `cross_comm/<client>/<folder>/`. Undefined if `folder` is not of the
 * form `<ms>_<8 hex>_folder`.
 */
export function folderKey(client: string, folder: string): string | undefined {
  return FOLDER.test(folder) ? `${clientPrefix(client)}${folder}/` : undefined;
}

/**
 * The key of the file at `path` in the folder with this key.
 *
 * @throws ObjectError `bad_key` for a path that begins or ends with a slash, or has two together
 */
export function partKey(folder: string, path: string): string {
  if (path.split('/').includes('')) {
    throw new ObjectError('bad_key', 'The path of a file in a folder has a part without a name.');
  }
  return folder + path;
}

/** The key of the folder that a key, or the beginning of one, belongs to; undefined if there is none. */
export function folderOf(key: string): string | undefined {
  return /^cross_comm\/[^/]+\/\d{1,16}_[0-9a-f]{8}_folder\//.exec(key)?.[0];
}

/**
 * The prefix of all keys of a client, with its slash. No two clients have the same prefix, and no name leads out of its own: everything
 * except letters, digits and `._@~-` is percent-encoded, and long names are distinguished by a digest.
 */
export function clientPrefix(client: string): string {
  const encoded = client.replace(UNSAFE, percentEncode);
  // A segment of dots alone would lead elsewhere.
  const safe = /^\.+$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded;
  if (safe === '') return `${ROOT}/%/`;
  if (Buffer.byteLength(safe) <= MAX_CLIENT_BYTES) return `${ROOT}/${safe}/`;
  // No client's name is encoded with a bare % in it.
  return `${ROOT}/%${createHash('sha256').update(safe).digest('hex')}/`;
}

function percentEncode(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
