import { createHash } from 'node:crypto';
import { join } from 'node:path';

/**
 * The files of a local store:
 *     <folder>/ab/abcd…ef.json       the description of the object whose key has the SHA-256 abcd…ef
 *     <folder>/ab/abcd…ef.<id>       its content; the sidecar says which id is the valid one
 *     <folder>/incoming/<id>         content that is still arriving
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

  incomingFile(id: string): string {
    return join(this.incoming, id);
  }
}

/** The digest of a key. */
export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

const NAME = /^([0-9a-f]{64})\.([0-9a-z-]+)$/;

/** The parts of a file's name in a shard; undefined if it is not one of the store's. `json` is the id of the sidecar. */
export function partsOf(name: string): { hash: string; id: string } | undefined {
  const [, hash, id] = NAME.exec(name) ?? [];
  return hash === undefined || id === undefined ? undefined : { hash, id };
}
