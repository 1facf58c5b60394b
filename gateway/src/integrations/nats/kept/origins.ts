/** How a number stands to those that came before it from the same origin. */
export type Standing = 'next' | 'again' | 'early';

/** Where one origin is. */
export interface Place {
  /** The number that is next. */
  readonly next: number;
  /** Where in the stream the last of its messages that counted was. */
  readonly sequence: number;
}

/** How many origins are remembered: each run of each gateway is one. The one that was silent for longest makes room. */
const MAX_ORIGINS = 1000;
/** How many messages of an origin are in a stream that their sender may still send again. */
const WINDOW = 1000;

/**
 * Which kept messages are new. The publisher sends all again from the first that was not acknowledged, so each message comes to the stream at
 * least once right behind the one before it. What came before that (`again`) or without those before it (`early`) is left out.
 */
export class Origins {
  /** The origin that was heard last is the last one. */
  readonly #places: Map<string, Place>;
  readonly #forgotten: (origin: string) => void;
  /** Origins of which messages may be missing for ever, as the stream did not keep them for long enough. */
  readonly #broken = new Set<string>();

  /** `places`: of an earlier run. `forgotten` is told of each that makes room. */
  constructor(places: Iterable<[string, Place]>, forgotten: (origin: string) => void) {
    this.#places = new Map([...places].sort(([, a], [, b]) => a.sequence - b.sequence));
    this.#forgotten = forgotten;
  }

  /** Where the stream was left, at least. */
  get sequence(): number {
    let highest = 0;
    for (const { sequence } of this.#places.values()) highest = Math.max(highest, sequence);
    return highest;
  }

  /** A part of the stream was not seen, or it is another stream: numbers may be missing that nobody sends again. */
  broke(): void {
    for (const origin of this.#places.keys()) this.#broken.add(origin);
  }

  /** It is another stream, in which sequences mean something else. */
  restart(): void {
    this.broke();
    for (const [origin, { next }] of this.#places) this.#places.set(origin, { next, sequence: 0 });
  }

  /** `floor`: all numbers of the origin below it are acknowledged to it. */
  standing(origin: string, number: number, floor: number): Standing {
    const place = this.#places.get(origin);
    if (place === undefined) {
      // Of one that is new all numbers come from the first on; another was there before this gateway looked.
      return floor === 0 && number > 0 && number < WINDOW ? 'early' : 'next';
    }
    if (number < place.next) return 'again';
    const isComplete = number === place.next || floor >= number || this.#broken.has(origin);
    return isComplete ? 'next' : 'early';
  }

  /** Notes a message that is `next`; returns where its origin is now. */
  note(origin: string, number: number, sequence: number): Place {
    const place = { next: number + 1, sequence };
    if (!this.#places.delete(origin) && this.#places.size >= MAX_ORIGINS) {
      const [oldest = ''] = this.#places.keys();
      this.#places.delete(oldest);
      this.#broken.delete(oldest);
      this.#forgotten(oldest);
    }
    if (this.#broken.size > 0) this.#broken.delete(origin);
    this.#places.set(origin, place);
    return place;
  }
}
