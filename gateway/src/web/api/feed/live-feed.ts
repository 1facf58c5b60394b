import type { Clock } from '../../../common/clock.ts';
import type { Viewer } from '../viewer.ts';
import type { MessageFilter } from './events.ts';
import type { FeedPage } from './page.ts';
import type { Audience, FeedSource, FeedTopic } from './topic.ts';

export interface LiveFeedParts {
  clock: Clock;
  /** What may be watched, by the name of its events. */
  topics: Readonly<Record<string, FeedTopic>>;
  /** Begins a new window in which messages are looked at. */
  renew(): void;
  /** Something that is no page's fault went wrong. */
  failed(error: unknown): void;
}

/** What a page asks for. */
export interface FeedWants {
  readonly show: readonly string[];
  readonly filter: MessageFilter;
}

const TICK_MS = 100;
const KEEP_ALIVE_MS = 15_000;

/** One topic as it is told to a group. */
interface Telling {
  readonly name: string;
  readonly everyMs: number;
  readonly source: FeedSource;
  dueMs: number;
  isBusy: boolean;
}

/** Pages that ask for the same with the same rights: what they are told is made once. */
class Group implements Audience {
  readonly filter: MessageFilter;
  readonly pages = new Map<FeedPage, Viewer>();
  readonly tellings: Telling[] = [];

  constructor(filter: MessageFilter) {
    this.filter = filter;
  }

  get viewer(): Viewer {
    return this.pages.values().next().value as Viewer;
  }
}

/** Tells open pages what happens, each what it asked for, and no more often than people can see. While none is open, it does nothing. */
export class LiveFeed {
  readonly #parts: LiveFeedParts;
  readonly #groups = new Map<string, Group>();
  #stop: (() => void) | undefined;
  #keptAliveMs = 0;

  constructor(parts: LiveFeedParts) {
    this.#parts = parts;
  }

  /** Tells a page what it wants, until the returned function is called. */
  add(page: FeedPage, viewer: Viewer, { show, filter }: FeedWants): () => void {
    const key = JSON.stringify([viewer.sameAs, [...show].sort(), filter]);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Group(filter);
      this.#groups.set(key, group);
    }
    group.pages.set(page, viewer);
    if (group.tellings.length === 0) this.#open(group, show);
    if (this.#stop === undefined) {
      this.#keptAliveMs = this.#parts.clock.monotonicMs();
      this.#stop = this.#parts.clock.every(TICK_MS, () => this.#tick());
    }
    const of = group;
    return () => this.#remove(key, of, page);
  }

  #open(group: Group, show: readonly string[]): void {
    const dueMs = this.#parts.clock.monotonicMs();
    for (const name of new Set(show)) {
      const topic = this.#parts.topics[name];
      if (topic === undefined) continue;
      group.tellings.push({ name, everyMs: topic.everyMs, source: topic.open(group), dueMs, isBusy: false });
    }
  }

  #remove(key: string, group: Group, page: FeedPage): void {
    group.pages.delete(page);
    if (group.pages.size > 0) return;
    for (const { source } of group.tellings.splice(0)) source.end();
    if (this.#groups.get(key) === group) this.#groups.delete(key);
    if (this.#groups.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  #tick(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#parts.renew();
    const isQuiet = nowMs - this.#keptAliveMs >= KEEP_ALIVE_MS;
    if (isQuiet) this.#keptAliveMs = nowMs;
    for (const group of this.#groups.values()) {
      if (isQuiet) for (const page of group.pages.keys()) page.keepAlive();
      for (const telling of group.tellings) {
        // A timer may come a little early.
        if (nowMs < telling.dueMs - TICK_MS / 2 || telling.isBusy) continue;
        telling.dueMs = nowMs + telling.everyMs;
        this.#tell(group, telling);
      }
    }
  }

  #tell(group: Group, telling: Telling): void {
    try {
      const event = telling.source.next();
      if (!(event instanceof Promise)) {
        write(group, telling.name, event);
        return;
      }
      telling.isBusy = true;
      event
        .then((made) => write(group, telling.name, made))
        .catch((error: unknown) => this.#parts.failed(error))
        .finally(() => {
          telling.isBusy = false;
        });
    } catch (error) {
      this.#parts.failed(error);
    }
  }
}

/** Writes an event, encoded once, to all pages of a group. */
function write({ pages }: Group, name: string, event: object | undefined): void {
  if (event === undefined || pages.size === 0) return;
  const bytes = Buffer.from(`event: ${name}\ndata: ${JSON.stringify(event)}\n\n`);
  for (const page of pages.keys()) page.write(bytes);
}
