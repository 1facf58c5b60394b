import type { Address } from './address.ts';
import type { Subscription } from './channel.ts';
import type { Clock } from './clock.ts';
import type { SendOptions } from './contract.ts';
import type { HubEmitter } from './events.ts';
import { isLocked, lockedName, redirect } from './locked-name.ts';
import type { Message } from './message.ts';
import { isPattern, matchesPattern } from './pattern.ts';
import type { Receipt } from './receipt.ts';
import type { RetainedTable } from './retained.ts';
import type { RetainedRecord } from './store.ts';

/** How often retained messages whose time is over are looked for. */
const EXPIRY_MS = 1000;

/**
 * What becomes of retained messages: whether there is room for one, when it ends, and which a new subscriber is shown. Those
 * of private channels are kept by their locked names.
 */
export class Retention {
  readonly #retained: RetainedTable;
  readonly #events: HubEmitter;
  readonly #ended: (channel: string) => void;
  readonly #stopExpiry: () => void;

  /** `ended` is told of each channel, private ones left out, whose message is to end in the exchange too. */
  constructor(retained: RetainedTable, clock: Clock, events: HubEmitter, ended: (channel: string) => void) {
    this.#retained = retained;
    this.#events = events;
    this.#ended = ended;
    this.#stopExpiry = clock.every(EXPIRY_MS, () => {
      for (const channel of retained.expire()) ended(channel);
    });
  }

  /** Puts back what an earlier run kept. */
  restore(records: Iterable<[string, RetainedRecord]>): void {
    for (const channel of this.#retained.restore(records)) this.#ended(channel);
  }

  /** Ends the timer; what is on disk stays there. */
  stop(): void {
    this.#stopExpiry();
  }

  /** How long to retain a message; undefined where it is not to be retained, or cannot be, which the receipt says. */
  retainMs(name: string, message: Message, options: SendOptions, receipt: Receipt): number | undefined {
    const { retainMs, address, accepted } = options;
    if (retainMs === undefined || this.#retained.hasRoom(name, message, { client: message.from, address })) {
      return retainMs;
    }
    if (accepted) this.#events.emit('unkept', message.to, message.from);
    else receipt.reason = 'store_full';
    return undefined;
  }

  /** Keeps a message under `name` for the time that `retainMs` answered. */
  keep(name: string, message: Message, retainMs: number, { address }: SendOptions): void {
    this.#retained.keep(name, message, retainMs, { client: message.from, address });
  }

  /** Ends what the next message to `name` ends. */
  erase(name: string): void {
    if (this.#retained.erase(name)) this.#ended(name);
  }

  /** Shows a new subscriber what is retained for its address. */
  show(subscription: Subscription, { name, password }: Address): void {
    if (this.#retained.size === 0) return;
    const levels = isPattern(name) ? name.split('/') : undefined;
    let names = [name];
    if (levels) names = this.#retained.channels().filter((channel) => matchesPattern(levels, channel));
    else if (password !== undefined) names = [lockedName(name, password), `${name}:${password}`];
    for (const channel of names) {
      const kept = this.#retained.get(channel);
      const retained = kept && isLocked(channel) ? redirect(kept, `${name}:${password}`) : kept;
      const message = retained && (subscription.pipeline ? subscription.pipeline(retained) : retained);
      if (message) subscription.session.deliver(message);
    }
  }
}
