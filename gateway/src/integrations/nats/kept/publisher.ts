import type { Clock } from '../../../common/clock.ts';
import type { Chain, Entry } from './outbox-entry.ts';

/** What waits to be published, the oldest first. */
export interface Source {
  at(position: number): Entry | undefined;
  shift(): void;
}

export interface PublisherParts {
  clock: Clock;
  source: Source;
  /** Publishes an entry, to be acknowledged with `token`, by which `floor` the receivers know what is behind it; false: it cannot be done now. */
  publish(entry: Entry, floor: number, token: string): boolean;
  /** Why an entry can never be published; undefined: it can. */
  hopeless(entry: Entry): string | undefined;
  /** The oldest is left out for ever. */
  dropped(entry: Entry, why: string): void;
  acknowledged(entry: Entry): void;
}

/** How many messages are on their way without an acknowledgement, and how many bytes. */
const WINDOW = 1000;
const WINDOW_BYTES = 4 * 1024 * 1024;
/** When what is not acknowledged is given up; a healthy server takes milliseconds. */
const ACK_MS = 3000;
const LOOK_MS = 500;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;

/**
 * Publishes what waits in the outbox, up to a window at once, and takes out what is acknowledged, in order. Where anything of it is not
 * acknowledged, all from there on is published again: first one alone, until that comes through, then the rest. So whatever comes to a
 * stream comes there once more in the order of its numbers, and receivers need only leave out what they have, and what came too early.
 */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #acked = new Set<number>();
  readonly #endLooking: () => void;
  #isUp = false;
  /** Acknowledgements of an earlier attempt count for nothing, as receivers may have left out what they are of. */
  #attempt = 0;
  /** Entries in flight, from the oldest of the outbox; and how often `shift` was called in this attempt. */
  #inFlight = 0;
  #inFlightBytes = 0;
  #shifted = 0;
  #isProbing = true;
  /** The chain of the oldest entry. */
  #chain: Chain | undefined;
  #progressMs = 0;
  #waitMs = FIRST_WAIT_MS;
  #endWait: (() => void) | undefined;
  #fault: string | undefined;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#endLooking = parts.clock.every(LOOK_MS, () => this.#look());
  }

  /** Why nothing gets through, though the link is up; undefined: it does, or nothing was tried. */
  get fault(): string | undefined {
    return this.#fault;
  }

  up(): void {
    this.#restart();
    this.#isUp = true;
    this.#waitMs = FIRST_WAIT_MS;
    this.more();
  }

  down(): void {
    this.#isUp = false;
    this.#restart();
  }

  stop(): void {
    this.down();
    this.#endLooking();
  }

  /** There may be more to publish. */
  more(): void {
    if (!this.#isUp || this.#endWait !== undefined) return;
    const { source, hopeless, dropped, publish, clock } = this.#parts;
    while (this.#inFlightBytes < WINDOW_BYTES) {
      const oldest = source.at(0);
      if (oldest !== undefined) this.#begin(oldest.chain);
      if (this.#inFlight >= (this.#isProbing ? 1 : WINDOW)) return;
      const entry = source.at(this.#inFlight);
      // What an earlier run left has to be through before anything of this one sets out.
      if (entry === undefined || oldest === undefined || entry.chain !== oldest.chain) return;
      const why = hopeless(entry);
      if (why !== undefined) {
        if (this.#inFlight > 0) return;
        source.shift();
        dropped(entry, why);
        continue;
      }
      const token = `${this.#attempt.toString(36)}.${(this.#shifted + this.#inFlight).toString(36)}`;
      if (!publish(entry, oldest.number, token)) {
        this.failed('it could not be sent');
        return;
      }
      if (this.#inFlight === 0) this.#progressMs = clock.monotonicMs();
      this.#inFlight++;
      this.#inFlightBytes += entry.size;
    }
  }

  /** What a server answers. `token`: as it was given to `publish`; `refusal`: why it does not take it. */
  answered(token: string, refusal: string | undefined): void {
    const [attempt, place] = token.split('.').map((text) => Number.parseInt(text, 36));
    if (attempt !== this.#attempt || place === undefined) return;
    const at = place - this.#shifted;
    if (!(at >= 0 && at < this.#inFlight)) return;
    if (refusal !== undefined) this.failed(refusal);
    else if (at === 0) this.#shift();
    else this.#acked.add(place);
  }

  /** All that is in flight is to be published again, after a while. */
  failed(why: string): void {
    this.#fault = why;
    this.#restart();
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    this.#endWait = this.#parts.clock.after(waitMs, () => {
      this.#endWait = undefined;
      this.more();
    });
  }

  /**
   * The first of a chain that comes to the stream comes alone, too: receivers that know nothing of it cannot tell that one is missing before
   * the first that they see.
   */
  #begin(chain: Chain): void {
    if (chain === this.#chain) return;
    this.#chain = chain;
    this.#isProbing = true;
  }

  #shift(): void {
    const { source, acknowledged, clock } = this.#parts;
    do {
      const entry = source.at(0) as Entry;
      this.#acked.delete(this.#shifted);
      source.shift();
      this.#shifted++;
      this.#inFlight--;
      this.#inFlightBytes -= entry.size;
      acknowledged(entry);
    } while (this.#inFlight > 0 && this.#acked.size > 0 && this.#acked.has(this.#shifted));
    this.#progressMs = clock.monotonicMs();
    this.#isProbing = false;
    this.#fault = undefined;
    this.#waitMs = FIRST_WAIT_MS;
    this.more();
  }

  #restart(): void {
    this.#attempt++;
    this.#inFlight = 0;
    this.#inFlightBytes = 0;
    this.#shifted = 0;
    this.#acked.clear();
    this.#isProbing = true;
    this.#endWait?.();
    this.#endWait = undefined;
  }

  #look(): void {
    if (!this.#isUp || this.#inFlight === 0) return;
    if (this.#parts.clock.monotonicMs() - this.#progressMs > ACK_MS)
      this.failed('the NATS servers do not acknowledge what is to be kept');
  }
}
