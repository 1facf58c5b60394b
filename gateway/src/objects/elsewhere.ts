import type { ByteRange } from '../common/ranges.ts';
import type { ListOptions, ObjectInfo, ObjectPage, ObjectStore } from './contract.ts';
import { folderOf } from './uploads/object-key.ts';

/** What whoever reads objects asks for. */
export type ObjectReader = Pick<ObjectStore, 'head' | 'open' | 'list'>;

/** For whom an object is read: what another gateway that has it looks at by its own rules. */
export interface ReadFor {
  /** undefined: somebody without an account. */
  readonly account?: string | undefined;
  /** It comes from its gateway's own machine, or by a cable. */
  readonly isLocal?: boolean | undefined;
  /** Nobody need ask: it is somebody who was sent the object's address, or the operator. */
  readonly isTrusted?: boolean | undefined;
}

/** Whoever was sent the object's address, and the operator. */
export const TRUSTED: ReadFor = { isTrusted: true };

/** Objects of other gateways, as `ObjectStore`. */
export interface ObjectsElsewhere {
  head(key: string, who: ReadFor): ReturnType<ObjectStore['head']>;
  open(key: string, range: ByteRange | undefined, who: ReadFor): ReturnType<ObjectStore['open']>;
  /** The objects of a folder; none where nobody has it. There may be fewer on a page than are asked for. */
  list(options: ListOptions, who: ReadFor): Promise<ObjectPage>;
}

/** What is in the store and, where it is not, at another gateway. Of lists, only those of a folder are asked for elsewhere. */
export class ReaderEverywhere implements ObjectReader {
  readonly #store: ObjectReader;
  readonly #elsewhere: ObjectsElsewhere;
  readonly #who: ReadFor;

  constructor(store: ObjectReader, elsewhere: ObjectsElsewhere, who: ReadFor) {
    this.#store = store;
    this.#elsewhere = elsewhere;
    this.#who = who;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return (await this.#store.head(key)) ?? (await this.#elsewhere.head(key, this.#who));
  }

  async open(key: string, range?: ByteRange): ReturnType<ObjectReader['open']> {
    return (await this.#store.open(key, range)) ?? (await this.#elsewhere.open(key, range, this.#who));
  }

  async list(options: ListOptions): Promise<ObjectPage> {
    const { prefix = '' } = options;
    const isFolder = folderOf(prefix) !== undefined;
    if (isFolder && (await this.#isEmpty(prefix))) return await this.#elsewhere.list(options, this.#who);
    return await this.#store.list(options);
  }

  /** Also for a later page: a folder is at one gateway as a whole. */
  async #isEmpty(prefix: string): Promise<boolean> {
    const { objects, prefixes } = await this.#store.list({ prefix, limit: 1 });
    return objects.length + prefixes.length === 0;
  }
}
