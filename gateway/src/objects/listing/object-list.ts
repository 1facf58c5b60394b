import type { ObjectInfo } from '../contract.ts';
import type { UploadRecord } from '../uploads/record.ts';
import type { ListedObject } from './listed-object.ts';
import { isMeant, type NewestPage, type NewestQuery } from './newest-index.ts';

/** The objects in a store, the newest first. */
export interface NewestObjects {
  /** The position of a new object, higher than any before. */
  nextPlace(): number;
  /** This position is taken already. */
  taken(place: number): void;
  newest(query: NewestQuery): Promise<NewestPage>;
}

export interface ObjectListOptions {
  stored: NewestObjects;
  /** Accepted uploads on their way to the store. */
  waiting(): Iterable<UploadRecord>;
  infoOf(record: UploadRecord): ObjectInfo;
}

/** The list of all objects that can be read: those in the store and those on their way to it. */
export class ObjectList {
  readonly #options: ObjectListOptions;

  constructor(options: ObjectListOptions) {
    this.#options = options;
  }

  /** A page, the newest first. Rejects with an ObjectError. */
  async newest(query: NewestQuery): Promise<NewestPage> {
    const { stored, waiting, infoOf } = this.#options;
    const { before = Number.POSITIVE_INFINITY, limit } = query;
    // Asked before the store, so that an object that is brought there meanwhile is in at least one of the two.
    const coming = new Map<string, ListedObject>();
    for (const record of waiting()) {
      if (record.kind === 'folder' || record.isAppend || record.place === undefined) continue;
      coming.set(record.key, { info: infoOf(record), place: record.place });
    }
    const page = await stored.newest(query);
    const first = [...coming.values()].filter(
      (each) => each.place < before && each.place > (page.next ?? Number.NEGATIVE_INFINITY) && isMeant(each, query),
    );
    const rest = page.objects.filter(({ info }) => !coming.has(info.key));
    const objects = [...first, ...rest].sort((one, other) => other.place - one.place);
    const shown = objects.slice(0, limit);
    const next = objects.length > limit ? shown.at(-1)?.place : page.next;
    return { objects: shown, ...(next === undefined ? {} : { next }) };
  }
}
