import type { Clock } from '../../common/clock.ts';
import type { Database } from '../../common/level.ts';
import type { ObjectInfo } from '../contract.ts';
import { type ListedObject, senderOfPrefix, type Traits, traitsOf } from './listed-object.ts';

/** Which objects to list; fields that are left out do not matter. */
export interface NewestQuery {
  prefix?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  kind?: Traits['kind'] | undefined;
  /** Only objects before this position. */
  before?: number | undefined;
  /** At least 1. */
  limit: number;
}

export interface NewestPage {
  objects: ListedObject[];
  /** The value of `before` for the next page; undefined at the end. A page may have fewer objects than the limit, or none, before that. */
  next?: number;
}

/** The descriptions of objects, in the order of the keys; undefined for objects that are gone. */
export type FindListed = (keys: string[]) => Promise<(ListedObject | undefined)[]>;

const sublevelOf = (db: Database, name: string) => db.sublevel(name);
type Sublevel = ReturnType<typeof sublevelOf>;
/** A change of one entry, for a batch. */
export type IndexChange = { sublevel: Sublevel; key: string } & ({ type: 'put'; value: string } | { type: 'del' });

const PLACE_DIGITS = 15;
const TRAITS = ['from', 'to', 'kind'] as const;
/** The most entries that are looked at for one page, so that no request delays a gateway with 100,000 objects. */
const MAX_EXAMINED = 5000;
const BATCH = 100;

/**
 * The keys of objects in the order in which they came, in total and for each sender, recipient and kind: four sublevels, whose keys are a
 * position and an object's key. An entry may be outdated, as its object is gone or has another position; it is then skipped.
 */
export class NewestIndex {
  readonly #clock: Clock;
  readonly #all: Sublevel;
  readonly #by: Record<(typeof TRAITS)[number], Sublevel>;
  #lastPlace = 0;

  private constructor(db: Database, name: string, clock: Clock) {
    this.#clock = clock;
    this.#all = sublevelOf(db, name);
    const [from, to, kind] = TRAITS.map((trait) => sublevelOf(db, `${name}-${trait}`)) as [
      Sublevel,
      Sublevel,
      Sublevel,
    ];
    this.#by = { from, to, kind };
  }

  /** `name` is the prefix of the sublevels' names. */
  static async open(db: Database, name: string, clock: Clock): Promise<NewestIndex> {
    const index = new NewestIndex(db, name, clock);
    for await (const key of index.#all.keys({ reverse: true, limit: 1 })) index.taken(placeIn(key));
    return index;
  }

  /**
   * The position of a new object, after all others: the time in milliseconds since 1970 if the clock is right, and in any case higher than
   * any before.
   */
  nextPlace(): number {
    this.#lastPlace = Math.max(this.#lastPlace + 1, Math.trunc(this.#clock.now()));
    return this.#lastPlace;
  }

  /** This position is taken already. */
  taken(place: number): void {
    this.#lastPlace = Math.max(this.#lastPlace, place);
  }

  putting({ info, place }: ListedObject): IndexChange[] {
    return this.#entries(info, place).map((entry) => ({ ...entry, type: 'put', value: '' }));
  }

  removing({ info, place }: ListedObject): IndexChange[] {
    return this.#entries(info, place).map((entry) => ({ ...entry, type: 'del' }));
  }

  #entries(info: ObjectInfo, place: number): { sublevel: Sublevel; key: string }[] {
    const traits = traitsOf(info);
    const at = `${placeText(place)}${info.key}`;
    const byTrait = TRAITS.flatMap((trait) => {
      const value = traits[trait];
      return value === undefined ? [] : [{ sublevel: this.#by[trait], key: startOf(value) + at }];
    });
    return [{ sublevel: this.#all, key: at }, ...byTrait];
  }

  /** The keys of the first `count` entries. */
  async oldest(count: number): Promise<string[]> {
    const entries = await this.#all.keys({ limit: count }).all();
    return entries.map((at) => at.slice(PLACE_DIGITS));
  }

  /** A page of the objects that match `query`, the newest first. */
  async page(query: NewestQuery, find: FindListed): Promise<NewestPage> {
    const { sublevel, start } = this.#listFor(query);
    const { prefix = '', before, limit } = query;
    const end = before === undefined ? `${start}:` : start + placeText(before);
    const iterator = sublevel.keys({ gte: start, lt: end, reverse: true });
    const objects: ListedObject[] = [];
    try {
      for (let examined = 0; ; ) {
        const batch = await iterator.nextv(BATCH);
        if (batch.length === 0) return { objects };
        const entries = batch.map((key) => ({
          place: placeIn(key, start.length),
          key: key.slice(start.length + PLACE_DIGITS),
        }));
        const meant = entries.filter(({ key }) => key.startsWith(prefix));
        const found = new Map((await find(meant.map(({ key }) => key))).map((each) => [each?.info.key, each]));
        for (const [at, { key, place }] of entries.entries()) {
          const listed = found.get(key);
          if (listed?.place === place && isMeant(listed, query)) objects.push(listed);
          examined++;
          if (objects.length < limit && examined < MAX_EXAMINED) continue;
          const isLast = at === batch.length - 1 && (await iterator.nextv(1)).length === 0;
          return isLast ? { objects } : { objects, next: place };
        }
      }
    } finally {
      await iterator.close();
    }
  }

  /** The shortest list that contains all of them. */
  #listFor({ prefix, from, to, kind }: NewestQuery): { sublevel: Sublevel; start: string } {
    const sender = from ?? (prefix === undefined ? undefined : senderOfPrefix(prefix));
    if (to !== undefined) return { sublevel: this.#by.to, start: startOf(to) };
    if (sender !== undefined) return { sublevel: this.#by.from, start: startOf(sender) };
    if (kind !== undefined) return { sublevel: this.#by.kind, start: startOf(kind) };
    return { sublevel: this.#all, start: '' };
  }
}

/** Whether an object matches, apart from its position. */
export function isMeant({ info }: ListedObject, { prefix = '', from, to, kind }: NewestQuery): boolean {
  const traits = traitsOf(info);
  return (
    info.key.startsWith(prefix) &&
    (from === undefined || traits.from === from) &&
    (to === undefined || traits.to === to) &&
    (kind === undefined || traits.kind === kind)
  );
}

/** Ends with a mark, so that no value is the beginning of another one. */
function startOf(value: string): string {
  return JSON.stringify(value);
}

function placeText(place: number): string {
  return String(Math.max(0, place)).padStart(PLACE_DIGITS, '0');
}

function placeIn(key: string, start = 0): number {
  return Number(key.slice(start, start + PLACE_DIGITS));
}
