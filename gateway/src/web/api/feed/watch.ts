import type { Metrics } from '../../../common/metrics.ts';
import type { Hub } from '../../../hub/hub.ts';
import { totalTraffic } from '../../../observability/traffic.ts';
import { type Look, lookAt } from '../look.ts';

export interface Looker {
  /** Is shown a message. Must be quick. */
  look(look: Look): void;
  /** A window is over, in which so many messages came for each that was shown. */
  windowEnded?(messagesPerLook: number): void;
}

/**
 * How many messages are looked at in a window of 100 ms, all pages together. A look costs some microseconds, of which the messages of MQTT need
 * most: as long as anybody looks, they are shown to the hub.
 */
export const LOOKS_PER_WINDOW = 50;
/** After a window with more messages than this, nobody can follow even those, and the gateway has more to do. */
const BUSY_MESSAGES = 2000;
/** How many are looked at then. */
export const LOOKS_PER_BUSY_WINDOW = 10;
/** So many lookers cost as much as one more look. */
const LOOKERS_PER_LOOK = 8;

/**
 * Shows messages to pages, all of them while there are few, and a part of them where there are many: once the looks of a window are used up,
 * it takes itself off the hub until the next one, so that what nobody looks at costs nothing.
 */
export class MessageWatch {
  readonly #hub: Hub;
  readonly #metrics: Metrics;
  readonly #lookers = new Set<Looker>();
  #left = 0;
  #looked = 0;
  #missed = 0;
  /** How many messages had come when it took itself off the hub; undefined while it is there. */
  #awayAt: number | undefined;
  #unobserve: (() => void) | undefined;

  constructor({ hub, metrics }: { hub: Hub; metrics: Metrics }) {
    this.#hub = hub;
    this.#metrics = metrics;
  }

  /** How many messages were not looked at, since it was made. */
  get missed(): number {
    return this.#missed;
  }

  /** Shows messages to somebody, until the returned function is called. */
  add(looker: Looker): () => void {
    this.#lookers.add(looker);
    if (this.#lookers.size === 1) this.#begin(LOOKS_PER_WINDOW);
    return () => {
      this.#lookers.delete(looker);
      if (this.#lookers.size === 0) this.#leave();
    };
  }

  /** A new window begins; to be called every 100 ms. */
  renew(): void {
    if (this.#lookers.size === 0) return;
    const looked = this.#looked;
    let away = 0;
    if (this.#awayAt !== undefined) away = Math.max(0, this.#received() - this.#awayAt);
    this.#missed += away;
    const messagesPerLook = looked === 0 ? 1 : (looked + away) / looked;
    for (const looker of this.#lookers) looker.windowEnded?.(messagesPerLook);
    this.#begin(looked + away > BUSY_MESSAGES ? LOOKS_PER_BUSY_WINDOW : LOOKS_PER_WINDOW);
  }

  #begin(looks: number): void {
    this.#left = looks;
    this.#looked = 0;
    this.#awayAt = undefined;
    this.#unobserve ??= this.#hub.observe((message, receipt, how) => {
      this.#left -= 1 + Math.floor(this.#lookers.size / LOOKERS_PER_LOOK);
      if (this.#left <= 0) {
        this.#leave();
        this.#awayAt = this.#received();
      }
      this.#looked++;
      const look = lookAt(this.#hub, message, receipt, how);
      if (look === undefined) return;
      for (const looker of this.#lookers) looker.look(look);
    });
  }

  #leave(): void {
    this.#unobserve?.();
    this.#unobserve = undefined;
  }

  #received(): number {
    return totalTraffic(this.#metrics).received;
  }
}
