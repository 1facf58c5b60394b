import type { SentMessage } from '../../api/types.ts';
import { Ring } from '../../common/ring.ts';

/** A message with a number of its own on this page. */
export interface LoggedMessage extends SentMessage {
  number: number;
}

/** The newest messages that the page was told of. */
export class MessageLog {
  readonly #ring: Ring<LoggedMessage>;
  #count = 0;
  #leftOut = 0;
  /** What was here when it was cleared, and is not to come back. */
  #cleared: ReadonlySet<string> = new Set();

  /** @param max how many it keeps; the oldest are dropped */
  constructor(max: number) {
    this.#ring = new Ring(max);
  }

  /**
   * Takes what the gateway remembers, of which some may have come here already.
   *
   * @param mark `count` when it was asked: what it remembers stands before what has come since
   * @returns what was not here
   */
  fill(remembered: readonly SentMessage[], mark: number): SentMessage[] {
    const here = this.#ring.toArray();
    const known = new Set([...this.#cleared, ...here.map(keyOf)]);
    const fresh = remembered.filter((message) => !known.has(keyOf(message)));
    if (fresh.length === 0) return fresh;
    this.#ring.clear();
    for (const message of here) if (message.number < mark) this.#ring.push(message);
    this.add(fresh, 0);
    for (const message of here) if (message.number >= mark) this.#ring.push(message);
    return fresh;
  }

  /** @param leftOut how many there were beside these */
  add(messages: readonly SentMessage[], leftOut: number): void {
    for (const message of messages) this.#ring.push({ ...message, number: this.#count++ });
    this.#leftOut += leftOut;
  }

  clear(): void {
    this.#cleared = new Set(this.#ring.toArray().map(keyOf));
    this.#ring.clear();
    this.#leftOut = 0;
  }

  get newest(): LoggedMessage | undefined {
    return this.#ring.toArray().at(-1);
  }

  /** The oldest first. */
  get messages(): LoggedMessage[] {
    return this.#ring.toArray();
  }

  /** How many messages came in all, shown or not. */
  get count(): number {
    return this.#count;
  }

  /** How many the gateway did not tell, as there were too many. */
  get leftOut(): number {
    return this.#leftOut;
  }
}

function keyOf({ timestampMs, from, to, body, size }: SentMessage): string {
  return JSON.stringify([timestampMs, from, to, body, size]);
}

/** The messages as lines of JSON, each one as the gateway told it. */
export function toJsonLines(messages: readonly LoggedMessage[]): string {
  return messages.map(({ number: _, ...message }) => `${JSON.stringify(message)}\n`).join('');
}
