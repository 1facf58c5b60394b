import { median } from './stats.mjs';

/** What the project asks of itself. A line has one of these, or none. */

/** At least so many times what a peer does. */
export const timesPeer = (factor, peer) => ({
  kind: 'timesPeer',
  factor,
  peer,
  text: `>= ${factor.toFixed(1)} x ${peer}`,
});

/** At least so many. */
export const atLeast = (limit, unit) => ({
  kind: 'atLeast',
  limit,
  text: `>= ${limit.toLocaleString('en-US')} ${unit}`,
});

/** Less than so much. */
export const below = (limit, unit) => ({ kind: 'below', limit, text: `< ${limit.toLocaleString('en-US')} ${unit}` });

/** At most so much. */
export const atMost = (limit, unit) => ({ kind: 'atMost', limit, text: `<= ${limit.toLocaleString('en-US')} ${unit}` });

/** Units of which less is better. */
const COSTS = ['ms', 's', 'KB', 'MB', 'us'];

/** At least so many times as good as another build of the gateway, each round beside the other's. */
export const timesBefore = (factor, unit) => ({
  kind: 'timesBefore',
  factor,
  isCost: COSTS.includes(unit),
  text: `>= ${factor.toFixed(2)} x ${BEFORE}`,
});

/** What the table calls the other build. */
export const BEFORE = 'before';

/**
 * Compares the gateway's row with what was asked.
 * @param {{ who: string, figure?: { median: number }, lost?: number, duplicated?: number }[]} rows the gateway's first
 * @returns {{ verdict: 'ok' | 'missed' | 'unknown', ratio?: number }}
 */
export function judge(asked, rows) {
  const [gateway] = rows;
  const value = gateway.figure?.median;
  if (value === undefined) return { verdict: 'unknown' };
  const flawed = (gateway.lost ?? 0) + (gateway.duplicated ?? 0) > 0;
  const verdict = (good) => (good && !flawed ? 'ok' : 'missed');
  if (asked.kind === 'timesBefore') {
    const before = rows.find(({ who }) => who === BEFORE)?.figure?.values;
    if (before === undefined) return { verdict: 'unknown' };
    const { values } = gateway.figure;
    const ratios = values.map((value, round) => (asked.isCost ? before[round] / value : value / before[round]));
    const ratio = median(ratios.filter((each) => Number.isFinite(each)));
    return { verdict: verdict(ratio >= asked.factor), ratio };
  }
  if (asked.kind === 'timesPeer') {
    const peer = rows.find((row) => row.who === asked.peer)?.figure?.median;
    if (peer === undefined) return { verdict: 'unknown' };
    return { verdict: verdict(value / peer >= asked.factor), ratio: value / peer };
  }
  if (asked.kind === 'atLeast') return { verdict: verdict(value >= asked.limit) };
  if (asked.kind === 'below') return { verdict: verdict(value < asked.limit) };
  return { verdict: verdict(value <= asked.limit) };
}
