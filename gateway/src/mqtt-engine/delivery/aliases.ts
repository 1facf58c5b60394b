/** A topic's number; where the client knows it, the number alone is sent. */
export interface Alias {
  readonly number: number;
  readonly isKnown: boolean;
}

/** Topics shorter than this would be no shorter with a number. */
const LEAST_LENGTH = 4;
/** More are of little use, and each takes memory here and there. */
const MOST = 64;

/** The numbers that stand for topics on one connection (MQTT 5, section 3.3.2.3.4). The topics that come first have one, for good. */
export class Aliases {
  readonly #most: number;
  readonly #known = new Map<string, Alias>();

  /** `most`: the highest number that the client takes. */
  constructor(most: number) {
    this.#most = Math.min(most, MOST);
  }

  /** The number for a topic that is about to be sent; undefined where it has none. */
  of(topic: string): Alias | undefined {
    const known = this.#known.get(topic);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#most || topic.length < LEAST_LENGTH) return undefined;
    const number = this.#known.size + 1;
    this.#known.set(topic, { number, isKnown: true });
    return { number, isKnown: false };
  }

  /** The packet that told the number of a topic was not sent. */
  forget(topic: string): void {
    this.#known.delete(topic);
  }
}
