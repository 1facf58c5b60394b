import { quote, type RawMember, writeObject } from '../common/json/scan.ts';
import type { Room } from './subject.ts';

/** How many clients one table has a row for; a further one takes the place of the one that was silent longest. */
export const MAX_ROWS = 1000;
/** What one message to a watcher holds, so that small devices can read it; a single row may be longer. */
const MAX_PAGE_ROWS = 50;
const MAX_PAGE_LENGTH = 4000;
/** What a row needs in memory beside its texts, about. */
const ROW_BYTES = 250;

interface Row<T> {
  value: T;
  lastMs: number;
}

/** What is known of each client, the one that was silent longest first, and what of it has changed. */
export class Table<T> {
  readonly #rows = new Map<string, Row<T>>();
  readonly #changed = new Set<string>();
  readonly #gone = new Set<string>();
  readonly #key: string;
  readonly #room: Room;

  /** `key`: of this table alone, in the room. */
  constructor(key: string, room: Room) {
    this.#key = key;
    this.#room = room;
  }

  get size(): number {
    return this.#rows.size;
  }

  get isChanged(): boolean {
    return this.#changed.size + this.#gone.size > 0;
  }

  get(name: string): T | undefined {
    return this.#rows.get(name)?.value;
  }

  /** What is known of everyone, as it is now. */
  values(): Map<string, T> {
    return new Map(Array.from(this.#rows, ([name, { value }]) => [name, value]));
  }

  /** When the client that was silent longest was heard; undefined where there is none. */
  get oldestMs(): number | undefined {
    for (const { lastMs } of this.#rows.values()) return lastMs;
    return undefined;
  }

  /** Notes that a client was heard, and what is known of it now; `length`: of its texts. False, and no change, where there is no room. */
  put(name: string, value: T, { length, nowMs, isNews }: { length: number; nowMs: number; isNews: boolean }): boolean {
    const isNew = !this.#rows.has(name);
    const bytes = ROW_BYTES + 2 * (name.length + length);
    if ((isNew || isNews) && !this.#room.set(this.#keyOf(name), bytes, { client: name })) return false;
    this.#rows.delete(name);
    if (this.#rows.size >= MAX_ROWS) this.#dropOldest();
    this.#rows.set(name, { value, lastMs: nowMs });
    if (isNew || isNews) {
      this.#changed.add(name);
      this.#gone.delete(name);
    }
    return true;
  }

  /** Takes out those that were heard last before this time. */
  dropBefore(beforeMs: number): void {
    for (const [name, { lastMs }] of this.#rows) {
      if (lastMs >= beforeMs) return;
      this.drop(name);
    }
  }

  #dropOldest(): void {
    for (const name of this.#rows.keys()) {
      this.drop(name);
      return;
    }
  }

  /** Takes out a client that is there. */
  drop(name: string): void {
    if (!this.#rows.delete(name)) return;
    this.#room.delete(this.#keyOf(name));
    this.#changed.delete(name);
    this.#gone.add(name);
  }

  told(): void {
    this.#changed.clear();
    this.#gone.clear();
  }

  end(): void {
    for (const name of this.#rows.keys()) this.#room.delete(this.#keyOf(name));
    this.#rows.clear();
    this.told();
  }

  /**
   * All rows, or those that have changed and the names of those that are gone, as the texts of objects that begin with `head`:
   * `{..., "all": true, "members": {NAME: VALUE}, "gone": [NAME], "more": true}`. `all` stands in the first of all that there are, `more` in
   * each that is followed by another one.
   */
  pages(head: readonly RawMember[], all: boolean, write: (value: T) => string): string[] {
    const pages: RawMember[][] = [];
    for (const members of this.#chunks(all ? this.#rows.keys() : this.#changed, write)) {
      pages.push([...head, { name: 'members', raw: writeObject(members) }]);
    }
    if (all) pages[0]?.splice(head.length, 0, { name: 'all', raw: 'true' });
    else if (this.#gone.size > 0) {
      pages[0]?.push({ name: 'gone', raw: `[${Array.from(this.#gone, (name) => quote(name)).join(',')}]` });
    }
    for (const page of pages.slice(0, -1)) page.push({ name: 'more', raw: 'true' });
    return pages.map(writeObject);
  }

  /** At least one, which may be empty. */
  #chunks(names: Iterable<string>, write: (value: T) => string): RawMember[][] {
    let chunk: RawMember[] = [];
    const chunks = [chunk];
    let length = 0;
    for (const name of names) {
      const row = this.#rows.get(name);
      if (row === undefined) continue;
      const raw = write(row.value);
      length += name.length + raw.length;
      if (chunk.length > 0 && (chunk.length >= MAX_PAGE_ROWS || length > MAX_PAGE_LENGTH)) {
        chunk = [];
        chunks.push(chunk);
        length = name.length + raw.length;
      }
      chunk.push({ name, raw });
    }
    return chunks;
  }

  #keyOf(name: string): string {
    return `${this.#key} ${name}`;
  }
}
