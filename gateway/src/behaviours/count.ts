/** How the votes of a poll become one result. */
export const COUNTS = ['majority', 'median', 'mean', 'ranked'] as const;
export type Count = (typeof COUNTS)[number];

/** What somebody votes for: a value, or with `ranked` several, the dearest first. */
export type Vote = unknown;

/** Why a vote cannot be counted so, as part of a sentence; undefined where it can. `options`: what may be voted for; none: anything. */
export function faultOfVote(vote: Vote, count: Count, options: readonly unknown[]): string | undefined {
  if ((count === 'median' || count === 'mean') && !Number.isFinite(vote)) return `a vote must be a number for ${count}`;
  if (count === 'ranked' && !(Array.isArray(vote) && vote.length > 0))
    return 'a vote must be a list, the dearest first';
  const choices = choicesOf(vote, count).map(keyOf);
  if (new Set(choices).size < choices.length) return 'a vote must not name the same twice';
  const allowed = new Set(options.map(keyOf));
  if (allowed.size > 0 && choices.some((choice) => !allowed.has(choice))) return 'a vote must be one of the options';
  return undefined;
}

/** The result of at least one vote that can be counted so. Where several are level, the one that was named first wins. */
export function resultOf(votes: readonly Vote[], count: Count): unknown {
  if (count === 'mean') return (votes as number[]).reduce((sum, vote) => sum + vote / votes.length, 0);
  if (count === 'median') return medianOf(votes as number[]);
  return count === 'majority' ? mostNamed(votes) : survivorOf(votes as unknown[][]);
}

/** How many votes there were for each value (with `ranked` as the dearest), as JSON texts and in the order in which they were named. */
export function talliesOf(votes: readonly Vote[], count: Count): Map<string, number> {
  const tallies = new Map<string, number>();
  for (const vote of votes) {
    const key = keyOf(choicesOf(vote, count)[0]);
    tallies.set(key, (tallies.get(key) ?? 0) + 1);
  }
  return tallies;
}

function choicesOf(vote: Vote, count: Count): readonly unknown[] {
  return count === 'ranked' ? (vote as unknown[]) : [vote];
}

function keyOf(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

function medianOf(votes: readonly number[]): number {
  const sorted = votes.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  // Halved apart, as their sum may be too large.
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1] as number) / 2 + upper / 2;
}

function mostNamed(votes: readonly unknown[]): unknown {
  let best: [key: string, count: number] = ['null', 0];
  for (const tally of talliesOf(votes, 'majority')) if (tally[1] > best[1]) best = tally;
  return JSON.parse(best[0]);
}

/** Instant run-off: whoever is the dearest of the fewest drops out, until one is the dearest of more than half of those that name any. */
function survivorOf(votes: readonly (readonly unknown[])[]): unknown {
  let ballots = votes.map((vote) => vote.map(keyOf));
  for (;;) {
    // All that are left, in the order in which they were named.
    const tallies = new Map<string, number>();
    for (const ballot of ballots) for (const key of ballot) tallies.set(key, 0);
    for (const [first] of ballots) if (first !== undefined) tallies.set(first, (tallies.get(first) ?? 0) + 1);
    const [leader] = [...tallies].sort(([, a], [, b]) => b - a);
    const last = [...tallies].reverse().sort(([, a], [, b]) => a - b)[0];
    if (leader === undefined || last === undefined) return null;
    const filled = ballots.filter(({ length }) => length > 0).length;
    if (tallies.size === 1 || leader[1] * 2 > filled) return JSON.parse(leader[0]);
    ballots = ballots.map((ballot) => ballot.filter((key) => key !== last[0]));
  }
}
