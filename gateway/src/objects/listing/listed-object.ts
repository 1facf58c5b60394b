import { withoutPassword } from '../../hub/address.ts';
import type { ObjectKind } from '../../hub/message.ts';
import type { ObjectInfo } from '../contract.ts';
import { clientPrefix } from '../uploads/object-key.ts';

/** What the list of objects says of one, and finds it by. */
export interface ListedObject {
  info: ObjectInfo;
  /** Where it stands: see `NewestIndex.nextPlace`. */
  place: number;
}

/** Who sent an object, to whom, and as what; undefined where that is not known. */
export interface Traits {
  from: string | undefined;
  to: string | undefined;
  kind: Exclude<ObjectKind, 'folder'>;
}

/** What is known of an object by its key, its metadata and what was told of it. */
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
    // A private channel's password is nobody's business but its members'.
    to: to === undefined ? undefined : withoutPassword(to),
    kind: isImage ? 'image' : 'file',
  };
}

/** The client whose objects begin with this; undefined for what is none of a client's, or where its name was too long for a key. */
export function senderOfPrefix(prefix: string): string | undefined {
  const [, part] = /^cross_comm\/([^/]+)\//.exec(prefix) ?? [];
  return part === undefined || part.startsWith('%') ? undefined : decoded(part);
}

/** Nobody writes below the key of another, whatever the metadata says. */
function senderOf(key: string, said: string | undefined): string | undefined {
  const [prefix, part] = /^cross_comm\/([^/]+)\//.exec(key) ?? [];
  if (part === undefined) return said;
  return said !== undefined && clientPrefix(said) === prefix ? said : decoded(part);
}

/** pywayne's clients write their ids as they are. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
