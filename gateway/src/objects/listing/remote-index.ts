import { createHash } from 'node:crypto';
import type { Clock } from '../../common/clock.ts';
import type { Database } from '../../common/level.ts';
import type { ObjectInfo } from '../contract.ts';
import { KeyLock } from '../key-lock.ts';
import type { ListedObject } from './listed-object.ts';
import { type FindListed, type IndexChange, NewestIndex, type NewestPage, type NewestQuery } from './newest-index.ts';
import type { NewestObjects } from './object-list.ts';

export interface RemoteIndexOptions {
  db: Database;
  clock: Clock;
  /** Identifies the store: its address and its bucket. */
  store: string;
  /** How many objects are remembered; the oldest are forgotten first. */
  maxListed: number;
}

/** How many are forgotten at once. */
const FORGOTTEN = 100;

/**
 * Remembers what this gateway brought to a remote store, as such a store cannot list by time: a sublevel for that store, from an object's
 * key to its description, and the index of the newest.
 */
export class RemoteIndex implements NewestObjects {
  readonly #db: Database;
  readonly #known;
  readonly #newest: NewestIndex;
  readonly #maxListed: number;
  readonly #lock = new KeyLock();
  #count = 0;

  private constructor({ db, maxListed }: RemoteIndexOptions, name: string, newest: NewestIndex) {
    this.#db = db;
    this.#maxListed = maxListed;
    this.#known = db.sublevel(name);
    this.#newest = newest;
  }

  static async open(options: RemoteIndexOptions): Promise<RemoteIndex> {
    const name = `sent-objects-${createHash('sha256').update(options.store).digest('hex').slice(0, 16)}`;
    const index = new RemoteIndex(options, name, await NewestIndex.open(options.db, `${name}-newest`, options.clock));
    for await (const _key of index.#known.keys()) index.#count++;
    return index;
  }

  nextPlace(): number {
    return this.#newest.nextPlace();
  }

  taken(place: number): void {
    this.#newest.taken(place);
  }

  /** An object is in the store. */
  async put(info: ObjectInfo, place: number): Promise<void> {
    const { key } = info;
    await this.#lock.run(key, async () => {
      const before = await this.#read(key);
      const changes = before && before.place !== place ? this.#newest.removing(before) : [];
      const listed: ListedObject = { info, place };
      await this.#write([...changes, ...this.#newest.putting(listed), this.#change(key, listed)]);
      if (!before) this.#count++;
    });
    if (this.#count > this.#maxListed + FORGOTTEN) {
      for (const old of await this.#newest.oldest(this.#count - this.#maxListed)) await this.remove(old);
    }
  }

  /** Something was appended to an object, which keeps its place. */
  async grow({ headers: _headers, ...info }: ObjectInfo, to: string | undefined): Promise<void> {
    const before = await this.#read(info.key);
    const { fileName, kind, to: told = to } = before?.info ?? {};
    const noted = {
      ...(fileName !== undefined && { fileName }),
      ...(kind && { kind }),
      ...(told !== undefined && { to: told }),
    };
    await this.put({ ...info, ...noted }, before?.place ?? this.nextPlace());
  }

  /** An object is no longer in the store. */
  async remove(key: string): Promise<void> {
    await this.#lock.run(key, async () => {
      const before = await this.#read(key);
      if (!before) return;
      await this.#write([...this.#newest.removing(before), this.#change(key, undefined)]);
      this.#count--;
    });
  }

  /** What was brought to the store under this key, as it was then; undefined if that is not known. */
  async sent(key: string): Promise<ObjectInfo | undefined> {
    return (await this.#read(key))?.info;
  }

  /** Changes the description of an object, if it is known. */
  async note(key: string, change: (info: ObjectInfo) => ObjectInfo): Promise<void> {
    const before = await this.#read(key);
    if (before) await this.put(change(before.info), before.place);
  }

  newest(query: NewestQuery): Promise<NewestPage> {
    const find: FindListed = async (keys) => (await this.#known.getMany(keys)).map(parsed);
    return this.#newest.page(query, find);
  }

  #change(key: string, listed: ListedObject | undefined): IndexChange {
    const sublevel = this.#known;
    return listed ? { type: 'put', sublevel, key, value: JSON.stringify(listed) } : { type: 'del', sublevel, key };
  }

  async #write(changes: IndexChange[]): Promise<void> {
    await this.#db.batch(changes);
  }

  async #read(key: string): Promise<ListedObject | undefined> {
    return parsed(await this.#known.get(key));
  }
}

function parsed(text: string | undefined): ListedObject | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as ListedObject);
}
