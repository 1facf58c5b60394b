import type { Clock } from '../common/clock.ts';
import { addressOf } from '../common/peer-address.ts';
import type { Contest } from '../hub/contest.ts';
import type { Incident } from './incident.ts';

/** An id that several connections want. */
export interface SharedId {
  id: string;
  protocol: string;
  /** How often, since it began, one took it from another or was refused. */
  times: number;
}

/** What is remembered of the contests for one id. */
interface Tally {
  protocol: string;
  sinceMs: number;
  lastMs: number;
  times: number;
  /** When the last of each sort were, the oldest first; no more than it takes for an incident. */
  recent: Record<Sort, number[]>;
  addresses: Set<string>;
  /** When it was told last; undefined: not yet. */
  toldMs: number | undefined;
}

/** A newcomer was refused; it took the id from another address; it took it from its own address. */
type Sort = 'refused' | 'fromAnother' | 'fromItself';

/**
 * So many in so long a time are an incident. Somebody who is refused is there beside the one that has the id, which was asked or is
 * of another protocol: a second one is no accident. Nor is it that an id goes to and fro between addresses, as boards do that
 * wait some seconds before they try again. Within one address a takeover may be a client that lost its connection, or that sleeps
 * between two readings and never says goodbye: only many at once are more than that.
 */
const LIMITS: Record<Sort, { count: number; windowMs: number }> = {
  refused: { count: 2, windowMs: 120_000 },
  fromAnother: { count: 5, windowMs: 120_000 },
  fromItself: { count: 12, windowMs: 30_000 },
};
/** After so long without a contest the next one is the first of something new. */
const CALM_MS = 120_000;
/** One that goes on is told again after so long. */
const REPEAT_MS = 600_000;
const MAX_IDS = 1000;
const MAX_ADDRESSES = 8;
const SHOWN_ADDRESSES = 4;
const MAX_LISTED = 20;

/**
 * Tells a client that comes back from several that have one id: copies of a sketch, of a program. Those put each other out, or
 * are refused, many times a second and for ever; it is one incident, which says what to do.
 */
export class ContestedIds {
  readonly #clock: Clock;
  readonly #report: (incident: Incident) => void;
  readonly #tallies = new Map<string, Tally>();

  constructor(clock: Clock, report: (incident: Incident) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Two connections wanted one id. */
  note({ id, protocol, peers, isRefused }: Contest): void {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#tallies.get(id);
    const tally = known !== undefined && nowMs - known.lastMs <= CALM_MS ? known : newTally(protocol, nowMs);
    this.#tallies.delete(id);
    this.#tallies.set(id, tally);
    if (this.#tallies.size > MAX_IDS) this.#tallies.delete(this.#tallies.keys().next().value as string);
    tally.protocol = protocol;
    tally.lastMs = nowMs;
    tally.times++;
    const addresses = peers.flatMap((peer) => (peer === undefined ? [] : [addressOf(peer)]));
    for (const address of addresses) if (tally.addresses.size < MAX_ADDRESSES) tally.addresses.add(address);
    const sort = isRefused ? 'refused' : new Set(addresses).size > 1 ? 'fromAnother' : 'fromItself';
    const isMany = addTime(tally.recent[sort], nowMs, LIMITS[sort]);
    const isDue = tally.toldMs === undefined ? isMany : nowMs - tally.toldMs >= REPEAT_MS;
    if (!isDue) return;
    tally.toldMs = nowMs;
    this.#report({ door: protocol, who: id, code: 'PEER_ID_SHARED', message: sentenceOf(id, tally, isRefused) });
  }

  /** True where an incident has told of contests for `id` that still go on. */
  has(id: string): boolean {
    const tally = this.#tallies.get(id);
    return tally !== undefined && this.#isOn(tally);
  }

  /** The ids that are contested now, the latest first, 20 at most. */
  list(): SharedId[] {
    const ids: SharedId[] = [];
    for (const [id, tally] of [...this.#tallies].reverse()) {
      if (ids.length === MAX_LISTED) break;
      if (this.#isOn(tally)) ids.push({ id, protocol: tally.protocol, times: tally.times });
    }
    return ids;
  }

  #isOn({ toldMs, lastMs }: Tally): boolean {
    return toldMs !== undefined && this.#clock.monotonicMs() - lastMs <= CALM_MS;
  }
}

function newTally(protocol: string, nowMs: number): Tally {
  return {
    protocol,
    sinceMs: nowMs,
    lastMs: nowMs,
    times: 0,
    recent: { refused: [], fromAnother: [], fromItself: [] },
    addresses: new Set(),
    toldMs: undefined,
  };
}

/** Adds a moment to the last ones, and tells whether there are so many within the window. */
function addTime(times: number[], nowMs: number, { count, windowMs }: { count: number; windowMs: number }): boolean {
  times.push(nowMs);
  if (times.length > count) times.shift();
  return times.length === count && nowMs - (times[0] as number) <= windowMs;
}

function sentenceOf(id: string, { addresses, times, sinceMs, lastMs }: Tally, isRefused: boolean): string {
  const all = [...addresses];
  const shown = all.slice(0, SHOWN_ADDRESSES);
  const last = all.length > shown.length ? 'others' : (shown.length > 1 && shown.pop()) || undefined;
  const where = last === undefined ? shown.join() : `${shown.join(', ')} and ${last}`;
  const seconds = Math.max(1, Math.round((lastMs - sinceMs) / 1000));
  const often = `${times} times in ${seconds} s`;
  const what = isRefused ? 'want it, and all but one are refused' : 'take it from each other';
  const from = where === '' ? '' : `, from ${where}`;
  const or = all.length === 1 && !isRefused ? ' (or one starts again and again)' : '';
  return (
    `Several clients have the id ${id} and ${what}: ${often}${from}${or}. Give each its own id, such as one made from the ` +
    "board's MAC address, or end the programs that were left running."
  );
}
