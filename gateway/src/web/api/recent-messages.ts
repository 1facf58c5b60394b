import type { Clock } from '../../common/clock.ts';
import { Newest } from '../../common/newest.ts';
import type { Hub } from '../../hub/hub.ts';
import type { Receipt } from '../../hub/receipt.ts';
import { type Look, lookAt } from './look.ts';
import { detachView, type MessageView, viewOfMessage } from './message-view.ts';

/** A message that was seen, and what became of it. */
export type SentView = MessageView & Pick<Receipt, 'delivered' | 'refused'> & { reason?: Receipt['reason'] };

/** A message that is kept for whoever may read it. */
export interface RecentMessage {
  readonly view: SentView;
  /** See `Look`. */
  between: readonly string[] | undefined;
  /** What it takes, about. */
  readonly bytes: number;
}

export interface RecentMessagesParts {
  hub: Hub;
  clock: Clock;
  maxCount?: number;
  /** Of all that is kept, about. */
  maxBytes?: number;
  /** Is shown each message that is kept. */
  seen?: (look: Look) => void;
}

const MAX_COUNT = 1000;
const MAX_BYTES = 1024 * 1024;
/** What one takes beside its texts, about. */
const OVERHEAD_BYTES = 300;
/**
 * How many messages are kept of a window; when there are more, it takes itself off the hub until the next one, of which it keeps fewer: what it
 * keeps costs, and nobody reads that much.
 */
const PER_WINDOW = 100;
const PER_BUSY_WINDOW = 20;
const WINDOW_MS = 1000;

/**
 * The last messages, in memory: all of them while there are few, and a part of them where there are more than 100 a second (20 a second while that goes
 * on), so that a busy conversation is not slower for it. Messages to private channels are not among them.
 */
export class RecentMessages {
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #seen: ((look: Look) => void) | undefined;
  readonly #kept: Newest<RecentMessage>;
  /** How many messages it keeps of this window, and how many of them are still to come. */
  #room = PER_WINDOW;
  #left = PER_WINDOW;
  #windowEndMs = Number.NEGATIVE_INFINITY;
  #unobserve: (() => void) | undefined;
  #cancel: (() => void) | undefined;

  constructor({ hub, clock, maxCount = MAX_COUNT, maxBytes = MAX_BYTES, seen }: RecentMessagesParts) {
    this.#seen = seen;
    this.#hub = hub;
    this.#clock = clock;
    this.#kept = new Newest({ maxCount, maxBytes });
    this.#watch();
  }

  stop(): void {
    this.#unobserve?.();
    this.#cancel?.();
  }

  /** The newest of those that are wanted, `limit` at most; the newest is the last. */
  find(isWanted: (message: RecentMessage) => boolean, limit: number): RecentMessage[] {
    const found: RecentMessage[] = [];
    for (const message of this.#kept.newestFirst()) {
      if (found.length === limit) break;
      if (isWanted(message)) found.push(message);
    }
    return found.reverse();
  }

  /** An account that comes back later under the name of one that is gone finds nothing of what that one was sent. */
  forgetAccounts(isGone: (account: string) => boolean): void {
    for (const message of this.#kept) {
      if (message.between?.some(isGone)) message.between = message.between.filter((account) => !isGone(account));
    }
  }

  #watch(): void {
    this.#cancel = undefined;
    this.#unobserve = this.#hub.observe((message, receipt, how) => {
      const nowMs = this.#clock.monotonicMs();
      if (nowMs >= this.#windowEndMs) this.#begin(nowMs, PER_WINDOW);
      if (--this.#left === 0) this.#pause(nowMs);
      const look = lookAt(this.#hub, message, receipt, how);
      if (look === undefined) return;
      this.#keep(look);
      this.#seen?.(look);
    });
  }

  #begin(nowMs: number, room: number): void {
    this.#windowEndMs = nowMs + WINDOW_MS;
    this.#left = room;
    this.#room = room;
  }

  /** The room of this window is used up. Where it was the small one, and lasted as long as the large one would, there is more. */
  #pause(nowMs: number): void {
    const lastedMs = nowMs + WINDOW_MS - this.#windowEndMs;
    if (this.#room === PER_BUSY_WINDOW && lastedMs * PER_WINDOW > WINDOW_MS * PER_BUSY_WINDOW) {
      this.#left = PER_WINDOW - PER_BUSY_WINDOW;
      this.#room = PER_WINDOW;
      return;
    }
    this.#unobserve?.();
    this.#cancel = this.#clock.after(this.#windowEndMs - nowMs, () => {
      this.#begin(this.#clock.monotonicMs(), PER_BUSY_WINDOW);
      this.#watch();
    });
  }

  #keep({ message, between, receipt: { delivered, refused, reason } }: Look): void {
    const view = { ...detachView(viewOfMessage(message)), delivered, refused, reason };
    this.#kept.add({ view, between, bytes: bytesOf(view) });
  }
}

function bytesOf({ from, to, body = '' }: MessageView): number {
  return OVERHEAD_BYTES + 2 * (from.length + to.length + body.length);
}
