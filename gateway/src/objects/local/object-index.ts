import type { Clock } from '../../common/clock.ts';
import type { Database } from '../../common/level.ts';
import type { ListOptions, ObjectPage } from '../contract.ts';
import type { ListedObject } from '../listing/listed-object.ts';
import { type IndexChange, NewestIndex, type NewestPage, type NewestQuery } from '../listing/newest-index.ts';
import type { NewestObjects } from '../listing/object-list.ts';
import { hashOf } from './layout.ts';
import { readSidecar, type Sidecar, toInfo, writeSidecar } from './sidecar.ts';

/** The index entry of an object's files. */
export interface FileEntry {
  /** The digest of the key, which names the files. */
  hash: string;
  key: string;
  /** The id of the valid content. */
  id: string;
  size: number;
  /** Its position in the order of all objects; missing in entries of earlier versions. */
  place?: number | undefined;
}

/**
 * The keys of a local store, in two sublevels: `objects`, from a key to its sidecar, and `object-files`, from the key's digest to its
 * files; and, the newest first, in those of NewestIndex. The sidecars on disk are the truth; the index can be rebuilt from them.
 */
export class ObjectIndex implements NewestObjects {
  readonly #db: Database;
  readonly #keys;
  readonly #files;
  readonly #newest: NewestIndex;
  /** By hash: objects that have grown since they were written to the index. */
  readonly #later = new Map<string, Sidecar>();

  private constructor(db: Database, newest: NewestIndex) {
    this.#db = db;
    this.#keys = db.sublevel('objects');
    this.#files = db.sublevel('object-files');
    this.#newest = newest;
  }

  static async open(db: Database, clock: Clock): Promise<ObjectIndex> {
    return new ObjectIndex(db, await NewestIndex.open(db, 'objects-newest', clock));
  }

  async put(hash: string, sidecar: Sidecar): Promise<void> {
    this.#later.delete(hash);
    await this.#write(await this.#putting(hash, sidecar));
  }

  /**
   * For an object that grows: it is written when somebody asks for a list, or many have grown, as thousands of small appends must not write
   * the same entry thousands of times. After a crash the marks on disk tell.
   */
  async putLater(hash: string, sidecar: Sidecar): Promise<void> {
    this.#later.set(hash, sidecar);
    // What was appended is on disk, whatever becomes of the index.
    if (this.#later.size > MAX_LATER) await this.#catchUp().catch(() => {});
  }

  async #catchUp(): Promise<void> {
    for (const [hash, sidecar] of [...this.#later]) {
      if (this.#later.get(hash) === sidecar) await this.put(hash, sidecar);
    }
  }

  async remove(hash: string, key: string): Promise<void> {
    this.#later.delete(hash);
    const before = listed(await this.#keys.get(key));
    await this.#write([
      ...(before ? this.#newest.removing(before) : []),
      { type: 'del', sublevel: this.#keys, key },
      { type: 'del', sublevel: this.#files, key: hash },
    ]);
  }

  nextPlace(): number {
    return this.#newest.nextPlace();
  }

  taken(place: number): void {
    this.#newest.taken(place);
  }

  async newest(query: NewestQuery): Promise<NewestPage> {
    await this.#catchUp();
    return await this.#newest.page(query, async (keys) => (await this.#keys.getMany(keys)).map(listed));
  }

  /** Gives positions to objects of earlier versions, in the order in which they were written. */
  async placeEarlier(keys: readonly string[]): Promise<void> {
    const order: { key: string; modifiedMs: number }[] = [];
    for (const sidecar of await this.#sidecars(keys)) order.push({ key: sidecar.key, modifiedMs: sidecar.modifiedMs });
    order.sort((one, other) => one.modifiedMs - other.modifiedMs);
    let place = 0;
    for (let start = 0; start < order.length; start += BATCH) {
      const batch = order.slice(start, start + BATCH).map(({ key }) => key);
      const changes: IndexChange[] = [];
      for (const sidecar of await this.#sidecars(batch)) {
        place = Math.max(place + 1, Math.trunc(sidecar.modifiedMs));
        changes.push(...this.#entries(hashOf(sidecar.key), { ...sidecar, place }));
      }
      await this.#write(changes);
    }
    this.#newest.taken(place);
  }

  async #sidecars(keys: readonly string[]): Promise<Sidecar[]> {
    const sidecars: Sidecar[] = [];
    for (let start = 0; start < keys.length; start += BATCH) {
      const texts = await this.#keys.getMany(keys.slice(start, start + BATCH));
      for (const text of texts) if (text !== undefined) sidecars.push(readSidecar(text));
    }
    return sidecars;
  }

  async #putting(hash: string, sidecar: Sidecar): Promise<IndexChange[]> {
    const before = listed(await this.#keys.get(sidecar.key));
    return [...(before ? this.#newest.removing(before) : []), ...this.#entries(hash, sidecar)];
  }

  #entries(hash: string, sidecar: Sidecar): IndexChange[] {
    const { key, id, size, place } = sidecar;
    const placed: IndexChange[] = place === undefined ? [] : this.#newest.putting({ info: toInfo(sidecar), place });
    return [
      ...placed,
      { type: 'put', sublevel: this.#keys, key, value: writeSidecar(sidecar) },
      { type: 'put', sublevel: this.#files, key: hash, value: JSON.stringify({ key, id, size, place }) },
    ];
  }

  async #write(changes: IndexChange[]): Promise<void> {
    await this.#db.batch(changes);
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
    await this.#catchUp();
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
    let entries: [string, string][] = [];
    let at = 0;
    let ahead = 1;
    const nextEntry = async (): Promise<[string, string] | undefined> => {
      if (at === entries.length) {
        entries = await iterator.nextv(ahead);
        at = 0;
        ahead = Math.min(2 * ahead, MAX_AHEAD);
      }
      return entries[at++];
    };
    try {
      for (;;) {
        const entry = await nextEntry();
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
        // Where each key is a group of its own, nothing is read in vain.
        entries = [];
        at = 0;
        ahead = 1;
      }
    } finally {
      await iterator.close();
    }
  }
}

/** How many objects may have grown before the index is written. */
const MAX_LATER = 200;
/** How many sidecars are read and written at once. */
const BATCH = 500;
/** How many entries of a list are read at once, at most. */
const MAX_AHEAD = 128;

/** The position of an object; undefined if it does not exist or an earlier version wrote it. */
function listed(text: string | undefined): ListedObject | undefined {
  if (text === undefined) return undefined;
  try {
    const sidecar = readSidecar(text);
    return sidecar.place === undefined ? undefined : { info: toInfo(sidecar), place: sidecar.place };
  } catch {
    // The sidecar on disk is the truth; this entry is about to be replaced or skipped.
    return undefined;
  }
}

const LAST_CHARACTER = 0x10ffff;

/** The smallest text after every text that begins with `prefix`, in the order of UTF-8; undefined if there is none. */
export function successor(prefix: string): string | undefined {
  const characters = Array.from(prefix);
  while (characters.length > 0) {
    const last = characters.pop()?.codePointAt(0) ?? 0;
    if (last >= LAST_CHARACTER) continue;
    // A lone surrogate is not a character.
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return characters.join('') + String.fromCodePoint(next);
  }
  return undefined;
}
