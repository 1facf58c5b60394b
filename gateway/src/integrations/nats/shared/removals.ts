import type { Ledger } from './ledger.ts';
import type { BucketStatus } from './shared-bucket.ts';

/** How long the servers remember that something was removed. */
export const REMEMBERED_MS = 90 * 24 * 60 * 60 * 1000;
/** Whoever has not heard the servers for longer cannot know what was removed meanwhile. */
export const AWAY_MS = REMEMBERED_MS / 2;

/** Up to where a gateway has heard what the servers have. */
export interface SharedPlace {
  /** Of which bucket. */
  readonly created: string;
  /** When that was, by the servers' clock, milliseconds since 1970. */
  readonly heardMs: number;
}

/** A removal that the servers remember. */
interface Grave {
  readonly key: string;
  readonly revision: number;
  readonly writtenMs: number;
}

/** That things were removed is remembered for a while, so that nobody brings them back who has not heard it; then it is forgotten. */
export class Removals {
  readonly #graves = new Map<string, Grave>();

  /** The bucket says this of something; `isRemoval`: that it was removed. The later is said the later. */
  heard(key: string, isRemoval: boolean, at: Omit<Grave, 'key'>): void {
    this.#graves.delete(key);
    if (isRemoval) this.#graves.set(key, { key, ...at });
  }

  /** Takes out those that were remembered for long enough. */
  old(nowMs: number): Grave[] {
    const old: Grave[] = [];
    for (const grave of this.#graves.values()) {
      if (nowMs - grave.writtenMs < REMEMBERED_MS) break;
      old.push(grave);
    }
    for (const { key } of old) this.#graves.delete(key);
    return old;
  }

  forget(): void {
    this.#graves.clear();
  }
}

/**
 * What becomes of something that is known here and that the servers do not have. `tell`: they are told. `forget`: it is a removal, and was remembered
 * for long enough. `remove`: this gateway was away for so long that its removal may be forgotten already, so that it goes here, too.
 */
export function missing(
  { isTold, hash }: Pick<NonNullable<ReturnType<Ledger['entry']>>, 'isTold' | 'hash'>,
  place: SharedPlace | undefined,
  { created, nowMs, values }: Pick<BucketStatus, 'created' | 'nowMs' | 'values'>,
): 'tell' | 'forget' | 'remove' {
  // What was made here and is not told yet is news, however old it is.
  if (isTold !== true || place === undefined) return 'tell';
  const isSame = place.created === created;
  if (isSame && hash === null) return 'forget';
  // Servers that have lost everything get it from the gateways again.
  const wasAway = nowMs - place.heardMs > AWAY_MS && (isSame || values > 0);
  if (!wasAway) return 'tell';
  return hash === null ? 'forget' : 'remove';
}
