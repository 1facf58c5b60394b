/** How many members are followed; of a further one the beat learns nothing until another has fallen silent. */
const MAX_MEMBERS = 16;
const MAX_INTERVALS = 8;
/** So many of one member tell its cycle. */
const MIN_INTERVALS = 2;
/** A member that is moved back by a step may send twice in one cycle of 21 steps: what is so much shorter than the longest is no cycle. */
const SHORTEST_SHARE = 1 / 10;
/** A member that was silent for so many periods is gone. */
const SILENT_PERIODS = 20;
/** Between two messages of one member; what is shorter or longer tells no period. */
const SHORTEST_INTERVAL_MS = 50;
const LONGEST_INTERVAL_MS = 300_000;

interface Member {
  lastMs: number;
  progress: number;
  /** Between messages that were sent at the same step of the cycle, the newest last. */
  intervals: number[];
}

/**
 * How long the cycle of the members of OOCSI's `OOCSISync` is, as it is in none of their messages: each sends at the same step of each
 * cycle, or (those of 2017) of some of them.
 */
export class SyncMembers {
  readonly #members = new Map<string, Member>();

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Notes a message; false where there is no room for its sender. `progress`: how many steps before its pulse it was sent. */
  hear(name: string, progress: number, nowMs: number): boolean {
    const member = this.#members.get(name);
    if (member === undefined) {
      if (this.#members.size >= MAX_MEMBERS) return false;
      this.#members.set(name, { lastMs: nowMs, progress, intervals: [] });
      return true;
    }
    const interval = nowMs - member.lastMs;
    const isWhole = member.progress === progress && interval >= SHORTEST_INTERVAL_MS && interval <= LONGEST_INTERVAL_MS;
    if (isWhole) member.intervals.push(interval);
    if (member.intervals.length > MAX_INTERVALS) member.intervals.shift();
    Object.assign(member, { lastMs: nowMs, progress });
    return true;
  }

  /** The length of their cycle in milliseconds; undefined where nobody was heard often enough. */
  get cycleMs(): number | undefined {
    const cycles = Array.from(this.#members.values(), ({ intervals }) => cyclesIn(intervals))
      .flat()
      .sort((a, b) => a - b);
    return cycles[Math.floor(cycles.length / 2)];
  }

  /** Forgets those who have fallen silent. */
  dropSilent(nowMs: number, periodMs: number): void {
    for (const [name, { lastMs }] of this.#members) {
      if (nowMs - lastMs > SILENT_PERIODS * periodMs) this.#members.delete(name);
    }
  }
}

/** One cycle as each of the intervals has it, which may be of several cycles. */
function cyclesIn(all: readonly number[]): number[] {
  if (all.length < MIN_INTERVALS) return [];
  const longestMs = Math.max(...all);
  const intervals = all.filter((interval) => interval >= longestMs * SHORTEST_SHARE);
  const shortestMs = Math.min(...intervals);
  return intervals.map((interval) => interval / Math.round(interval / shortestMs));
}
