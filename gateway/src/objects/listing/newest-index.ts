import type { Clock } from '../../common/clock.ts';
import type { Database } from '../../common/level.ts';
import type { ObjectInfo } from '../contract.ts';
import { type ListedObject, senderOfPrefix, type Traits, traitsOf } from './listed-object.ts';

/** Which objects a list has; what is left out does not matter. */
export interface NewestQuery {
  prefix?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  kind?: Traits['kind'] | undefined;
  /** Only what stands before this place. */
  before?: number | undefined;
  /** At least 1. */
  limit: number;
}

export interface NewestPage {
  objects: ListedObject[];
  /** What to give as `before` for more; undefined at the end. A page may have less than the limit, and nothing, before that. */
  next?: number;
}

/** What is known of objects, in the order of the keys; undefined for what is not there any more. */
export type FindListed = (keys: string[]) => Promise<(ListedObject | undefined)[]>;

const sublevelOf = (db: Database, name: string) => db.sublevel(name);
type Sublevel = ReturnType<typeof sublevelOf>;
/** A change of one entry, for a batch. */
export type IndexChange = { sublevel: Sublevel; key: string } & ({ type: 'put'; value: string } | { type: 'del' });

const PLACE_DIGITS = 15;
const TRAITS = ['from', 'to', 'kind'] as const;
/** So many are looked at for one page at most, so that no question holds up a gateway with 100,000 objects. */
const MAX_EXAMINED = 5000;
const BATCH = 100;

/**
 * The keys of objects in the order in which they came, and the same for each sender, recipient and kind: four sublevels, whose
 * keys are a place and an object's key. What it names may be gone or stand elsewhere by now; then it is passed over.
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

  /** `name` is of the sublevels. */
  static async open(db: Database, name: string, clock: Clock): Promise<NewestIndex> {
    const index = new NewestIndex(db, name, clock);
    for await (const key of index.#all.keys({ reverse: true, limit: 1 })) index.taken(placeIn(key));
    return index;
  }

  /**
   * The place of one more object, after all others: the time in milliseconds since 1970 where the clock is right, and whatever the
   * clock does higher than any before.
   */
  nextPlace(): number {
    this.#lastPlace = Math.max(this.#lastPlace + 1, Math.trunc(this.#clock.now()));
    return this.#lastPlace;
  }

  /** Somebody has this place already. */
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

  /** The keys of the `count` entries that stand first. */
  async oldest(count: number): Promise<string[]> {
    const entries = await this.#all.keys({ limit: count }).all();
    return entries.map((at) => at.slice(PLACE_DIGITS));
  }

  /** A page of what `query` asks for, the newest first. */
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

  /** The shortest list that has all of it. */
  #listFor({ prefix, from, to, kind }: NewestQuery): { sublevel: Sublevel; start: string } {
    const sender = from ?? (prefix === undefined ? undefined : senderOfPrefix(prefix));
    if (to !== undefined) return { sublevel: this.#by.to, start: startOf(to) };
    if (sender !== undefined) return { sublevel: this.#by.from, start: startOf(sender) };
    if (kind !== undefined) return { sublevel: this.#by.kind, start: startOf(kind) };
    return { sublevel: this.#all, start: '' };
  }
}

/** Whether an object is what is asked for, its place aside. */
export function isMeant({ info }: ListedObject, { prefix = '', from, to, kind }: NewestQuery): boolean {
  const traits = traitsOf(info);
  return (
    info.key.startsWith(prefix) &&
    (from === undefined || traits.from === from) &&
    (to === undefined || traits.to === to) &&
    (kind === undefined || traits.kind === kind)
  );
}

/** A text that ends where it ends, so that no value's entries begin with another's. */
function startOf(value: string): string {
  return JSON.stringify(value);
}

function placeText(place: number): string {
  return String(Math.max(0, place)).padStart(PLACE_DIGITS, '0');
}

function placeIn(key: string, start = 0): number {
  return Number(key.slice(start, start + PLACE_DIGITS));
}
