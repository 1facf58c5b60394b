import { withoutPassword } from '../../hub/address.ts';
import type { ObjectKind } from '../../hub/message.ts';
import type { ObjectInfo } from '../contract.ts';
import { clientPrefix } from '../uploads/object-key.ts';

/** An object in the list of objects, with what it can be found by. */
export interface ListedObject {
  info: ObjectInfo;
  /** Its position in the order of all objects: see `NewestIndex.nextPlace`. */
  place: number;
}

/** Who sent an object, to whom, and as which kind; undefined if that is not known. */
export interface Traits {
  from: string | undefined;
  to: string | undefined;
  kind: Exclude<ObjectKind, 'folder'>;
}

/** The description of an object, from its key, its metadata and what recipients were told. */
export function traitsOf({
  key,
  metadata,
  kind,
  to,
  contentType,
}: Omit<ObjectInfo, 'size' | 'etag' | 'modifiedMs'>): Traits {
  const told = kind ?? metadata.kind;
  const isImage = told === undefined ? contentType.startsWith('image/') : told === 'image';
  return {
    from: senderOf(key, metadata.from),
    // Only the members of a private channel may know its password.
    to: to === undefined ? undefined : withoutPassword(to),
    kind: isImage ? 'image' : 'file',
  };
}

/** The client whose objects have this prefix; undefined if it is no client's prefix, or the name was too long for a key. */
export function senderOfPrefix(prefix: string): string | undefined {
  const [, part] = /^cross_comm\/([^/]+)\//.exec(prefix) ?? [];
  return part === undefined || part.startsWith('%') ? undefined : decoded(part);
}

/** Nobody writes below another client's prefix, whatever the metadata says. */
function senderOf(key: string, said: string | undefined): string | undefined {
  const [prefix, part] = /^cross_comm\/([^/]+)\//.exec(key) ?? [];
  if (part === undefined) return said;
  return said !== undefined && clientPrefix(said) === prefix ? said : decoded(part);
}

/** pywayne's clients do not encode their ids. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
