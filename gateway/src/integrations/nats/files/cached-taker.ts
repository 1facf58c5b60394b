import type { Clock } from '../../../common/clock.ts';
import type { Counter } from '../../../common/metrics.ts';
import type { ByteRange } from '../../../common/ranges.ts';
import { type ListOptions, ObjectError, type ObjectInfo, type ObjectPage } from '../../../objects/contract.ts';
import type { ObjectsElsewhere, ReadFor } from '../../../objects/elsewhere.ts';
import type { Cached, FileCache } from './cache.ts';
import type { Opened } from './taker.ts';

export interface CachedTakerParts {
  taker: ObjectsElsewhere;
  cache: FileCache;
  clock: Clock;
  /** Bytes that were read from copies. */
  reused: Counter;
}

/** What is asked for again within this time is copied. */
const AGAIN_MS = 10 * 60_000;
const MAX_ASKED = 1000;

/**
 * Objects of other gateways, from a copy where there is one. The gateway that has the object is asked each time whether the copy is what it has;
 * while it cannot be asked, those get the copy to whom it gave the object before.
 */
export class CachedTaker implements ObjectsElsewhere {
  readonly #parts: CachedTakerParts;
  /** When which version was read, by key. */
  readonly #asked = new Map<string, { etag: string; atMs: number }>();

  constructor(parts: CachedTakerParts) {
    this.#parts = parts;
  }

  async head(key: string, who: ReadFor): Promise<ObjectInfo | undefined> {
    const { taker, cache } = this.#parts;
    const cached = cache.get(key);
    if (cached === undefined) return await taker.head(key, who);
    try {
      const info = await taker.head(key, who);
      if (info?.etag === cached.info.etag) cache.note(cached, who);
      else await cache.delete(key);
      return info;
    } catch (error) {
      const isAway = error instanceof ObjectError && error.code === 'unavailable';
      if (isAway && cache.isFor(cached, who)) return cached.info;
      throw error;
    }
  }

  async open(key: string, range: ByteRange | undefined, who: ReadFor): Promise<Opened | undefined> {
    const { taker, cache } = this.#parts;
    const cached = cache.get(key);
    if (cached !== undefined) {
      const info = await this.head(key, who);
      if (info === undefined) return undefined;
      const opened = info.etag === cached.info.etag ? await this.#fromCopy(cached, range) : undefined;
      if (opened !== undefined) return opened;
    }
    const opened = await taker.open(key, range, who);
    if (opened !== undefined && this.#isAgain(opened.info)) {
      const read = async () => (await taker.open(key, undefined, who))?.stream;
      void cache.fill(opened.info, who, read);
    }
    return opened;
  }

  async list(options: ListOptions, who: ReadFor): Promise<ObjectPage> {
    return await this.#parts.taker.list(options, who);
  }

  async #fromCopy(cached: Cached, range: ByteRange | undefined): Promise<Opened | undefined> {
    const { cache, reused } = this.#parts;
    const stream = await cache.read(cached, range);
    if (stream === undefined) return undefined;
    const { start, end } = range ?? { start: 0, end: cached.info.size - 1 };
    reused.value += end - start + 1;
    return { info: cached.info, stream };
  }

  /** Whether this version was read before, not long ago. */
  #isAgain({ key, etag }: ObjectInfo): boolean {
    const atMs = this.#parts.clock.monotonicMs();
    const before = this.#asked.get(key);
    this.#asked.delete(key);
    this.#asked.set(key, { etag, atMs });
    if (this.#asked.size > MAX_ASKED) this.#asked.delete(this.#asked.keys().next().value as string);
    return before?.etag === etag && atMs - before.atMs < AGAIN_MS;
  }
}
