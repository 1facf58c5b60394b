import type { Database } from '../../store/database.ts';
import type { ListOptions, ObjectPage } from '../contract.ts';
import { readSidecar, type Sidecar, toInfo, writeSidecar } from './sidecar.ts';

/** What the index knows of the files of an object. */
export interface FileEntry {
  /** The digest of the key, which names the files. */
  hash: string;
  key: string;
  /** The content that counts. */
  id: string;
  size: number;
}

/**
 * The keys of a local store in their order, in two sublevels: `objects`, from a key to its sidecar, and `object-files`, from
 * the key's digest to what its files are. The sidecars on disk count; this can be made again from them.
 */
export class ObjectIndex {
  readonly #db: Database;
  readonly #keys;
  readonly #files;

  constructor(db: Database) {
    this.#db = db;
    this.#keys = db.sublevel('objects');
    this.#files = db.sublevel('object-files');
  }

  async put(hash: string, sidecar: Sidecar): Promise<void> {
    const { key, id, size } = sidecar;
    await this.#db.batch([
      { type: 'put', sublevel: this.#keys, key, value: writeSidecar(sidecar) },
      { type: 'put', sublevel: this.#files, key: hash, value: JSON.stringify({ key, id, size }) },
    ]);
  }

  async remove(hash: string, key: string): Promise<void> {
    await this.#db.batch([
      { type: 'del', sublevel: this.#keys, key },
      { type: 'del', sublevel: this.#files, key: hash },
    ]);
  }

  /** The shards that have entries. */
  async shards(): Promise<string[]> {
    const shards: string[] = [];
    const iterator = this.#files.keys();
    try {
      for (;;) {
        const hash = await iterator.next();
        if (hash === undefined) return shards;
        const digits = hash.slice(0, 2);
        shards.push(digits);
        iterator.seek(`${digits}g`);
      }
    } finally {
      await iterator.close();
    }
  }

  /** The entries of one shard: those whose digest begins with these two hex digits. */
  async shard(digits: string): Promise<Map<string, FileEntry>> {
    const entries = await this.#files.iterator({ gte: digits, lt: `${digits}g` }).all();
    return new Map(
      entries.map(([hash, text]) => [hash, { hash, ...(JSON.parse(text) as Omit<FileEntry, 'hash'>) } as FileEntry]),
    );
  }

  /** Every object's sidecar, in the order of keys. */
  async *all(): AsyncGenerator<Sidecar> {
    for await (const text of this.#keys.values()) yield readSidecar(text);
  }

  async list({ prefix = '', delimiter = '', after = '', limit }: ListOptions): Promise<ObjectPage> {
    const page: Required<ObjectPage> = { objects: [], prefixes: [], next: '' };
    const commonPrefix = (key: string): string | undefined => {
      const end = delimiter === '' || !key.startsWith(prefix) ? -1 : key.indexOf(delimiter, prefix.length);
      return end < 0 ? undefined : key.slice(0, end + delimiter.length);
    };
    const start =
      commonPrefix(after) === after && after !== ''
        ? { gte: successor(after) ?? after }
        : after >= prefix && after !== ''
          ? { gt: after }
          : { gte: prefix };
    const end = successor(prefix);
    const iterator = this.#keys.iterator({ ...start, ...(end === undefined ? {} : { lt: end }) });
    try {
      for (;;) {
        const entry = await iterator.next();
        if (entry === undefined) return { objects: page.objects, prefixes: page.prefixes };
        if (page.objects.length + page.prefixes.length >= limit) return page;
        const [key, text] = entry;
        const common = commonPrefix(key);
        page.next = common ?? key;
        if (common === undefined) {
          page.objects.push(toInfo(readSidecar(text)));
          continue;
        }
        page.prefixes.push(common);
        const beyond = successor(common);
        if (beyond === undefined) return { objects: page.objects, prefixes: page.prefixes };
        iterator.seek(beyond);
      }
    } finally {
      await iterator.close();
    }
  }
}

const LAST_CHARACTER = 0x10ffff;

/** The least text that comes after every text that begins with `prefix`, in the order of UTF-8; undefined where there is none. */
export function successor(prefix: string): string | undefined {
  const characters = Array.from(prefix);
  while (characters.length > 0) {
    const last = characters.pop()?.codePointAt(0) ?? 0;
    if (last >= LAST_CHARACTER) continue;
    // What would be half a surrogate pair is no character.
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return characters.join('') + String.fromCodePoint(next);
  }
  return undefined;
}
