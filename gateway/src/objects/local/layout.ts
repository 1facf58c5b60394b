import { createHash } from 'node:crypto';
import { join } from 'node:path';

/**
 * The files of a local store:
 *     <folder>/ab/abcd…ef.json       the description of the object whose key has the SHA-256 abcd…ef
 *     <folder>/ab/abcd…ef.<id>       its content; the sidecar says which id is the valid one
 *     <folder>/ab/abcd…ef.<id>-mark  how much of it counts, once something was appended to it
 *     <folder>/incoming/<id>         the body of an append that is still arriving
 *
 * Content that no sidecar names counts for nothing: it is still arriving, or was left by a crash.
 *
 * Names are made of the key's digest, so that every key fits into a file name, also on file systems that ignore case or normalise Unicode.
 */
export class Layout {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get incoming(): string {
    return join(this.folder, 'incoming');
  }

  /** One of 256 folders. */
  shard(hash: string): string {
    return join(this.folder, hash.slice(0, 2));
  }

  sidecar(hash: string): string {
    return join(this.shard(hash), `${hash}.json`);
  }

  content(hash: string, id: string): string {
    return join(this.shard(hash), `${hash}.${id}`);
  }

  mark(hash: string, id: string): string {
    return `${this.content(hash, id)}${MARK}`;
  }

  incomingFile(id: string): string {
    return join(this.incoming, id);
  }
}

/** The digest of a key. */
export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Earlier versions take it for a part of an id, and leave alone what has two. */
const MARK = '-mark';
const NAME = /^([0-9a-f]{64})\.([0-9a-z-]+?)(-mark)?$/;

/** The parts of a file's name in a shard; undefined if it is not one of the store's. `json` is the id of the sidecar. */
export function partsOf(name: string): { hash: string; id: string; isMark: boolean } | undefined {
  const [, hash, id, mark] = NAME.exec(name) ?? [];
  return hash === undefined || id === undefined ? undefined : { hash, id, isMark: mark !== undefined };
}
