import { isIP } from 'node:net';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import type { Counter, FamilySpec, Members, Metrics } from '../common/metrics.ts';
import type { Contest } from '../hub/contest.ts';
import { ContestedIds, type SharedId } from './contested-ids.ts';
import type { Incident } from './incident.ts';
import { LineBudget } from './line-budget.ts';

const REPORTED: FamilySpec<'listener' | 'code'> = {
  name: 'crosscomm_incidents_total',
  help: 'What peers did wrong or were refused, by the listener, protocol or part that met it and the code of docs/errors.md.',
  labels: ['listener', 'code'],
};

/** The same client or address with the same fault is logged once in this time; the others are counted. */
const QUIET_MS = 10_000;
/** What a peer calls itself, and the channels it names, may be long; so much of them is logged and remembered. */
const MAX_WHO_LENGTH = 256;
const MAX_MESSAGE_LENGTH = 1000;
/** How much of a message tells its kind. */
const SHAPE_LENGTH = 60;
/** How many clients and faults are remembered for that. */
const MAX_REMEMBERED = 1000;

/** How often a code was reported for a listener, protocol or part, and when it was last. */
export interface IncidentCount {
  listener: string;
  code: string;
  count: number;
  lastMs: number;
}

/**
 * Counts what peers do wrong, by listener and code, and logs it without letting a flood of faults become a flood of lines.
 */
export class Incidents {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counts: Members<'listener' | 'code', Counter>;
  /** When each was reported last, by listener and code; as many as there are counts. */
  readonly #lastMs = new Map<Counter, number>();
  readonly #recent = new Map<string, { sinceMs: number; unlogged: number }>();
  readonly #budget: LineBudget;
  readonly #contestedIds: ContestedIds;

  constructor(clock: Clock, log: Log, metrics: Metrics) {
    this.#clock = clock;
    this.#log = log;
    this.#counts = metrics.counters(REPORTED);
    this.#budget = new LineBudget(clock, log, 'lines about what peers did wrong');
    this.#contestedIds = new ContestedIds(clock, (incident) => this.report(incident));
  }

  report(incident: Incident): void {
    const { door, code } = incident;
    const who = clipped(incident.who, MAX_WHO_LENGTH);
    const message = clipped(incident.message, MAX_MESSAGE_LENGTH);
    const count = this.#counts.of({ listener: door, code });
    count.value++;
    this.#lastMs.set(count, this.#clock.now());
    // An incident has told of all that are refused this name.
    if (code === 'PEER_NAME_TAKEN' && this.isShared(who)) return;
    const key = `${door} ${code} ${withoutPort(who)} ${shapeOf(message, who)}`;
    const now = this.#clock.monotonicMs();
    const recent = this.#recent.get(key);
    if (recent && now - recent.sinceMs < QUIET_MS) {
      recent.unlogged++;
      return;
    }
    this.#recent.delete(key);
    this.#recent.set(key, { sinceMs: now, unlogged: 0 });
    if (this.#recent.size > MAX_REMEMBERED) {
      const oldest = this.#recent.keys().next().value;
      if (oldest !== undefined) this.#recent.delete(oldest);
    }
    if (!this.#budget.take()) return;
    this.#log.warn({ door, who, code, ...(recent?.unlogged ? { alsoUnlogged: recent.unlogged } : {}) }, message);
  }

  /** Takes note of two connections that want one client id; many in quick succession are one incident. */
  contested(contest: Contest): void {
    this.#contestedIds.note(contest);
  }

  /** True where several clients have `id` and an incident has told of it, as long as that goes on. */
  isShared(id: string): boolean {
    return this.#contestedIds.has(id);
  }

  /** The ids that several connections want now, the latest first, 20 at most. */
  sharedIds(): SharedId[] {
    return this.#contestedIds.list();
  }

  /** How often each code was reported for each listener, and when it was last, in milliseconds since 1970. */
  list(): IncidentCount[] {
    return Array.from(this.#counts, ([{ listener, code }, count]) => ({
      ...{ listener, code, count: count.value },
      lastMs: this.#lastMs.get(count) ?? 0,
    }));
  }

  /** How often each code was reported for each listener: `{"oocsi PEER_MALFORMED": 3}`. */
  counts(): Record<string, number> {
    return Object.fromEntries(
      Array.from(this.#counts, ([{ listener, code }, { value }]) => [`${listener} ${code}`, value]),
    );
  }
}

function clipped(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

/** What was wrong, without what differs each time: one fault must not hide another of the same code. */
function shapeOf(message: string, who: string): string {
  return message.replaceAll(who, '').replace(/\d+/g, '0').slice(0, SHAPE_LENGTH);
}

/** Each connection of one machine has a port of its own; what it does by all of them is one thing. */
function withoutPort(who: string): string {
  const colon = who.lastIndexOf(':');
  const host = who.slice(0, colon).replace(/^\[|\]$/g, '');
  return colon > 0 && isIP(host) !== 0 ? host : who;
}
