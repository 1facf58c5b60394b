import { useEffect, useRef } from 'preact/hooks';
import { Store } from '../common/store.ts';
import { type Query, withQuery } from './client.ts';
import { refreshSession } from './session.ts';
import type { FeedEvents } from './types.ts';

type Topic = keyof FeedEvents;

/** What a part of the page wants to be told, and what it does then. `missed`: something was left out, so what is shown is asked for again. */
export type Handlers = TopicHandlers & { missed?: () => void };

type TopicHandlers = { [Name in Topic]?: (data: FeedEvents[Name]) => void };

interface Wish {
  on: Handlers;
  /** Of which messages; one part of the page at a time may choose. */
  filter?: Query;
}

/**
 * `live`: news come. `connecting`: they will, at once or when the gateway is back. `refused`: the gateway has no feed for this page now, such
 * as when too many pages are open; the page asks every few seconds instead.
 */
export type FeedState = 'connecting' | 'live' | 'refused';

const RETRY_MS = 5_000;
/** The gateway tells something each second; a connection that is silent for so long was cut where neither side could know. */
const SILENT_MS = 10_000;
/** A page that nobody has seen for so long is told nothing until it is seen again. */
const HIDDEN_MS = 5 * 60_000;
const TOPICS: readonly Topic[] = ['overview', 'clients', 'channels', 'flows', 'messages', 'trace'];

/** What the gateway tells as it happens. */
class Feed {
  readonly state = new Store<FeedState>('connecting');
  readonly #wishes = new Set<Wish>();
  readonly #streams = new Map<string, EventSource>();
  #isDue = false;
  #isAsleep = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    document.addEventListener('visibilitychange', () => this.#look());
  }

  /** Tells what is wished for, until what is returned is called. */
  want(wish: Wish): () => void {
    this.#wishes.add(wish);
    this.#refresh();
    return () => {
      this.#wishes.delete(wish);
      this.#refresh();
    };
  }

  /** Begins anew, as somebody else after signing in. */
  restart(): void {
    for (const address of [...this.#streams.keys()]) this.#close(address);
    this.#refresh();
  }

  /** A page that closes and another that opens in the same turn are one change. */
  #refresh(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      const wanted = this.#isAsleep ? [] : this.#wanted();
      for (const address of [...this.#streams.keys()]) if (!wanted.includes(address)) this.#close(address);
      for (const address of wanted) if (!this.#streams.has(address)) this.#open(address);
      this.#heard();
    });
  }

  /** Begins to wait anew for something to be told. */
  #heard(): void {
    clearTimeout(this.#silence);
    if (this.#streams.size === 0) return;
    this.#silence = setTimeout(() => {
      this.state.set('connecting');
      this.restart();
    }, SILENT_MS);
  }

  /**
   * The addresses of the streams. One is enough, as browsers have only six connections to a host; but where messages are chosen, a filter holds
   * for channels as well, and those are wanted all.
   */
  #wanted(): string[] {
    const wishes = [...this.#wishes];
    const topics = TOPICS.filter((topic) => wishes.some(({ on }) => on[topic]));
    const filter = wishes.find((wish) => wish.filter)?.filter;
    const addressOf = (show: readonly Topic[], query: Query = {}): string =>
      withQuery('/api/v1/events', { show: show.join(','), ...query });
    if (topics.length === 0) return [];
    if (!topics.includes('channels') || !topics.includes('messages')) return [addressOf(topics, filter)];
    return [addressOf(topics.filter((topic) => topic !== 'messages')), addressOf(['messages'], filter)];
  }

  #open(address: string): void {
    const source = new EventSource(address);
    this.#streams.set(address, source);
    source.onopen = () => {
      this.#heard();
      this.state.set('live');
      // What happened before is not told, and whoever looks may be somebody else by now, as sessions end with the gateway.
      this.#tellMissed();
      void refreshSession();
    };
    source.onerror = () => {
      // The browser itself tries again, unless it was refused.
      if (source.readyState !== EventSource.CLOSED) {
        this.state.set('connecting');
        return;
      }
      this.#close(address);
      this.state.set('refused');
      void refreshSession();
      setTimeout(() => this.#refresh(), RETRY_MS);
    };
    for (const topic of TOPICS) {
      source.addEventListener(topic, ({ data }) => this.#tell(topic, JSON.parse(data)));
    }
    source.addEventListener('missed', () => this.#tellMissed());
  }

  #tell<Name extends Topic>(topic: Name, data: FeedEvents[Name]): void {
    this.#heard();
    for (const { on } of [...this.#wishes]) {
      const handlers: TopicHandlers = on;
      handlers[topic]?.(data);
    }
  }

  #tellMissed(): void {
    for (const { on } of [...this.#wishes]) on.missed?.();
  }

  #close(address: string): void {
    this.#streams.get(address)?.close();
    this.#streams.delete(address);
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (document.hidden) {
      this.#timer = setTimeout(() => this.#sleep(true), HIDDEN_MS);
    } else if (this.#isAsleep) {
      this.#sleep(false);
    }
  }

  #sleep(isAsleep: boolean): void {
    this.#isAsleep = isAsleep;
    this.#refresh();
  }
}

/** The one live feed of this page. */
export const feed = new Feed();

/** Has the page told of what happens while the component is shown. Handlers may be others at each drawing. */
export function useFeed(on: Handlers, filter?: Query): void {
  const handlers = useRef(on);
  handlers.current = on;
  const key = JSON.stringify([Object.keys(on), filter]);
  // The key has all that makes it another wish.
  useEffect(() => {
    const lasting: Handlers = { missed: () => handlers.current.missed?.() };
    if (on.overview) lasting.overview = (data) => handlers.current.overview?.(data);
    if (on.clients) lasting.clients = (data) => handlers.current.clients?.(data);
    if (on.channels) lasting.channels = (data) => handlers.current.channels?.(data);
    if (on.messages) lasting.messages = (data) => handlers.current.messages?.(data);
    if (on.flows) lasting.flows = (data) => handlers.current.flows?.(data);
    if (on.trace) lasting.trace = (data) => handlers.current.trace?.(data);
    return feed.want({ on: lasting, ...(filter ? { filter } : {}) });
  }, [key]);
}
