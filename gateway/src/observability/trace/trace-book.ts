import type { Clock } from '../../common/clock.ts';
import { Newest, type NewestLimits } from '../../common/newest.ts';
import type { Hub } from '../../hub/hub.ts';
import { isPattern, matchesPattern } from '../../hub/pattern.ts';
import type { Room, Traced, Tracer } from '../../hub/tracer.ts';
import { TraceEntry } from './entry.ts';

/** All messages; and those that failed, when they are no longer among these. */
const NEWEST: NewestLimits = { maxCount: 3072, maxBytes: 3 * 1024 * 1024 };
const FAILED: NewestLimits = { maxCount: 1024, maxBytes: 1024 * 1024 };

/**
 * How many messages are written down in one window of time, a client's at most as many as are left for others, and how many where the window
 * before was full: what is written down costs, and reaches back five times as far then; how many are looked at for that; and how many more
 * are written down that failed.
 */
const MAX_FOLLOWED = 500;
const MAX_FOLLOWED_BUSY = 100;
const MAX_ASKED = 5000;
const MAX_LOST = 100;
const WINDOW_MS = 1000;
/** How long a message is on its way at most, until it is told what is known. */
const UNDER_WAY_MS = 2000;

export interface TraceBookParts {
  hub: Pick<Hub, 'session' | 'client'>;
  clock: Clock;
}

/** What is asked of the book. */
export interface TraceQuestion {
  /** A client, or a channel, or a topic filter; undefined: everything. */
  about?: string | undefined;
  /** Only what came after the entry of this number. */
  after?: number | undefined;
  /** The newest so many. */
  limit: number;
}

/** What the book knows. */
export interface TraceFindings {
  /** Oldest first. */
  readonly entries: readonly TraceEntry[];
  /** How many messages since `sinceMs` were not written down, as there were too many at once. */
  readonly leftOut: number;
  /** From when on it is complete but for these; milliseconds since 1970. */
  readonly sinceMs: number;
  /** The number of the newest of all that are told; 0: there is none. */
  readonly last: number;
}

/**
 * What became of the last messages. Whatever it is asked while messages pass costs next to nothing: up to 500 messages a second are
 * written down, of one client alone 250; while there are more, 100 a second, and those that reach nobody, or not everybody, up to 100 a second.
 */
export class TraceBook implements Tracer {
  readonly room: Room = { left: MAX_ASKED, leftOut: 0 };
  readonly #parts: TraceBookParts;
  readonly #failed = new Newest<TraceEntry>(FAILED, (entry) => {
    entry.grown = undefined;
  });
  readonly #newest = new Newest<TraceEntry>(NEWEST, (entry) => {
    entry.grown = undefined;
    if (entry.isFailed) addTo(this.#failed, entry);
    this.#completeMs = entry.timestampMs;
    this.#leftOutBefore = entry.leftOut;
  });
  readonly #startMs: number;
  #completeMs: number | undefined;
  #leftOutBefore = 0;
  #seq = 0;
  #lostRoom = MAX_LOST;
  #followable = MAX_FOLLOWED;
  /** How many of a client were followed in this window. */
  readonly #ownOf = new Map<string, number>();
  #cancel: (() => void) | undefined;

  constructor(parts: TraceBookParts) {
    this.#parts = parts;
    this.#startMs = parts.clock.now();
  }

  takeRoom(from: string): boolean {
    const { room } = this;
    this.#cancel ??= this.#openWindow();
    room.left--;
    const own = this.#ownOf.get(from) ?? 0;
    // However much others send, there is some left for whoever sends little.
    if (own >= this.#followable) {
      room.leftOut++;
      return false;
    }
    this.#ownOf.set(from, own + 1);
    this.#followable--;
    return true;
  }

  takeLostRoom(): boolean {
    if (this.#lostRoom === 0) return false;
    this.#lostRoom--;
    this.#cancel ??= this.#openWindow();
    return true;
  }

  open(traced: Traced): TraceEntry {
    const { hub, clock } = this.#parts;
    const protocol = traced.protocol ?? hub.session(traced.from)?.protocol ?? hub.client(traced.from)?.protocol;
    const facts = {
      seq: ++this.#seq,
      timestampMs: clock.now(),
      openedMs: clock.monotonicMs(),
      leftOut: this.room.leftOut,
      protocol,
    };
    const entry = new TraceEntry(facts, traced);
    addTo(this.#newest, entry);
    return entry;
  }

  find({ about, after = 0, limit }: TraceQuestion): TraceFindings {
    const isAbout = matcherOf(about);
    const entries: TraceEntry[] = [];
    const nowMs = this.#parts.clock.monotonicMs();
    let last = this.#seq;
    for (const kept of [this.#failed, this.#newest]) {
      for (const entry of kept) {
        // What waits for the disk is told when more is known of it, and nothing before it is missed.
        if (!entry.isOver && nowMs - entry.openedMs < UNDER_WAY_MS) last = Math.min(last, entry.seq - 1);
        else if (entry.seq > after && entry.seq <= last && isAbout(entry)) entries.push(entry);
      }
    }
    return {
      entries: entries.slice(-limit),
      leftOut: this.room.leftOut - this.#leftOutBefore,
      sinceMs: this.#completeMs ?? this.#startMs,
      last,
    };
  }

  /** How much memory it takes, about. */
  get bytes(): number {
    return this.#failed.bytes + this.#newest.bytes;
  }

  close(): void {
    this.#cancel?.();
  }

  /** Its timer runs only while there are messages to count: one that runs for nothing costs power. */
  #openWindow(): () => void {
    return this.#parts.clock.after(WINDOW_MS, () => {
      const isBusy = MAX_ASKED - this.room.left > MAX_FOLLOWED;
      this.#cancel = isBusy ? this.#openWindow() : undefined;
      this.#followable = isBusy ? MAX_FOLLOWED_BUSY : MAX_FOLLOWED;
      this.room.left = MAX_ASKED;
      this.#ownOf.clear();
      this.#lostRoom = MAX_LOST;
    });
  }
}

/** What becomes of a message is added to its entry while it is kept. */
function addTo(kept: Newest<TraceEntry>, entry: TraceEntry): void {
  kept.add(entry);
  entry.grown = kept.grow;
}

function matcherOf(about: string | undefined): (entry: TraceEntry) => boolean {
  if (about === undefined) return () => true;
  if (!isPattern(about)) return (entry) => entry.isAbout(about);
  const levels = about.split('/');
  return ({ to }) => matchesPattern(levels, to);
}
