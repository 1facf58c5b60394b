import type { EngineSession, RetainedMessage } from '../contract.ts';
import type { Match } from '../store/subscription.ts';
import { handingOf } from './handing.ts';
import type { LiveClient } from './live-client.ts';
import type { CoreParts } from './parts.ts';

interface Feed {
  readonly match: Match;
  readonly found: Iterator<RetainedMessage>;
}

/** What is retained, on its way to one client that has subscribed: as fast as it takes it. */
export class RetainedFeed<S extends EngineSession> {
  readonly #parts: CoreParts<S>;
  readonly #client: LiveClient<S>;
  #feeds: Feed[] = [];
  #isFeeding = false;

  constructor(parts: CoreParts<S>, client: LiveClient<S>) {
    this.#parts = parts;
    this.#client = client;
  }

  /** Begins to send what was found for a subscription; to be called when it is answered. */
  add(match: Match, found: readonly RetainedMessage[]): void {
    this.#feeds.push({ match, found: found.values() });
    this.goOn();
  }

  /** Goes on; to be called whenever the client may take more. */
  goOn(): void {
    // What is sent may have it go on at once.
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    while (this.#feeds.length > 0 && this.#client.isConnected && this.#client.recipient?.isReady) this.#sendNext();
    this.#isFeeding = false;
  }

  #sendNext(): void {
    const { host, router, store } = this.#parts;
    const { session, recipient } = this.#client;
    const feed = this.#feeds[0] as Feed;
    const next = feed.found.next();
    if (next.done || session === undefined) {
      this.#feeds.shift();
      return;
    }
    // What took its place meanwhile came to the client live.
    const message = host.mayReceive(session, next.value.topic) ? store.retained.read(next.value) : undefined;
    if (message === undefined) return;
    const handing = handingOf(feed.match, message.qos, true);
    if (handing.qos === 0) recipient?.deliver(message, handing, undefined);
    else router.send(session.id, message, handing, () => this.goOn());
  }
}
