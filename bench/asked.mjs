import { median } from './stats.mjs';

/** @import { Asked, Row, Verdict } from './types.ts' */

/** What the project asks of itself. A line has one of these, or none. */

/**
 * A factor with as many digits as it needs, one at least.
 * @param {number} factor
 */
const times = (factor) => factor.toFixed(factor * 10 === Math.round(factor * 10) ? 1 : 2);

/**
 * At least so many times what a peer does.
 * @param {number} factor
 * @param {string} peer
 * @returns {Asked}
 */
export const timesPeer = (factor, peer) => ({
  kind: 'timesPeer',
  factor,
  peer,
  text: `>= ${times(factor)} x ${peer}`,
});

/**
 * At most so many times what a peer needs.
 * @param {number} factor
 * @param {string} peer
 * @returns {Asked}
 */
export const atMostTimesPeer = (factor, peer) => ({
  kind: 'atMostTimesPeer',
  factor,
  peer,
  text: `<= ${times(factor)} x ${peer}`,
});

/**
 * At least so many.
 * @param {number} limit
 * @param {string} unit
 * @returns {Asked}
 */
export const atLeast = (limit, unit) => ({
  kind: 'atLeast',
  limit,
  text: `>= ${limit.toLocaleString('en-US')} ${unit}`,
});

/**
 * Less than so much.
 * @param {number} limit
 * @param {string} unit
 * @returns {Asked}
 */
export const below = (limit, unit) => ({ kind: 'below', limit, text: `< ${limit.toLocaleString('en-US')} ${unit}` });

/**
 * At most so much.
 * @param {number} limit
 * @param {string} unit
 * @returns {Asked}
 */
export const atMost = (limit, unit) => ({ kind: 'atMost', limit, text: `<= ${limit.toLocaleString('en-US')} ${unit}` });

/** What the table calls the least that can be done. */
export const FLOOR = 'floor';

/**
 * The same, where 1.3 times the floor is enough.
 * @param {Asked} asked
 * @returns {Asked}
 */
export const orFloor = (asked) => ({ ...asked, floor: { peer: FLOOR, factor: 1.3 } });

/** Units of which less is better. */
const COSTS = ['ms', 's', 'KB', 'MB', 'us'];

/**
 * At least so many times as good as another build of the gateway, each round beside the other's.
 * @param {number} factor
 * @param {string} unit
 * @returns {Asked}
 */
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
 * @param {Asked} asked
 * @param {readonly Row[]} rows the gateway's first
 * @returns {Verdict}
 */
export function judge(asked, rows) {
  const judged = judgeAlone(asked, rows);
  const [{ figure, lost = 0, duplicated = 0 }] = rows;
  const floor = rows.find(({ who }) => who === asked.floor?.peer)?.figure?.median;
  if (judged.verdict === 'ok' || lost + duplicated > 0 || !asked.floor || !figure || !floor) return judged;
  const isCost = asked.kind === 'atMostTimesPeer' || asked.kind === 'below' || asked.kind === 'atMost';
  const distance = isCost ? figure.median / floor : floor / figure.median;
  return distance <= asked.floor.factor ? { ...judged, verdict: 'floor' } : judged;
}

/**
 * @param {Asked} asked
 * @param {readonly Row[]} rows
 * @returns {Verdict}
 */
function judgeAlone(asked, rows) {
  const [gateway] = rows;
  const value = gateway.figure?.median;
  if (value === undefined) return { verdict: 'unknown' };
  const flawed = (gateway.lost ?? 0) + (gateway.duplicated ?? 0) > 0;
  /**
   * @param {boolean} good
   * @returns {Verdict["verdict"]}
   */
  const verdict = (good) => (good && !flawed ? 'ok' : 'missed');
  if (asked.kind === 'timesBefore') {
    const before = rows.find(({ who }) => who === BEFORE)?.figure?.values;
    if (before === undefined) return { verdict: 'unknown' };
    const values = gateway.figure?.values ?? [];
    const ratios = values.map((value, round) => (asked.isCost ? before[round] / value : value / before[round]));
    const ratio = median(ratios.filter((each) => Number.isFinite(each)));
    return { verdict: verdict(ratio >= asked.factor), ratio };
  }
  if (asked.kind === 'timesPeer') {
    const peer = rows.find((row) => row.who === asked.peer)?.figure?.median;
    if (peer === undefined) return { verdict: 'unknown' };
    return { verdict: verdict(value / peer >= asked.factor), ratio: value / peer };
  }
  if (asked.kind === 'atMostTimesPeer') {
    const peer = rows.find((row) => row.who === asked.peer)?.figure?.values;
    if (peer === undefined) return { verdict: 'unknown' };
    const ratios = (gateway.figure?.values ?? []).map((each, round) => each / peer[round]);
    const ratio = median(ratios.filter((each) => Number.isFinite(each)));
    return { verdict: verdict(ratio <= asked.factor), ratio };
  }
  if (asked.kind === 'atLeast') return { verdict: verdict(value >= asked.limit) };
  if (asked.kind === 'below') return { verdict: verdict(value < asked.limit) };
  return { verdict: verdict(value <= asked.limit) };
}
