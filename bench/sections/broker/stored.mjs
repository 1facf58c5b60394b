import { orFloor, timesPeer } from '../../asked.mjs';
import { median, summary } from '../../stats.mjs';
import { MOSQUITTO } from '../../subjects/brokers.mjs';
import { flaws } from '../rows.mjs';

/** @import { InAndOut } from '../../job-types.ts' */
/** @import { Member, Row } from '../../types.ts' */
/** @import { Job } from './plan.mjs' */

const MESSAGES = 8000;

/** @type {Job<InAndOut>[]} */
export const storedJobs = [
  job('retained', { store: 'retained, store', recall: 'retained, recall' }, { store: 1, recall: 1 }),
  job('away', { store: 'queue while away', recall: 'drain at return' }, { store: 0.8, recall: 0.5 }),
];

/**
 * @param {'retained' | 'away'} kind
 * @param {{ store: string, recall: string }} names
 * @param {{ store: number, recall: number }} least
 * @returns {Job<InAndOut>}
 */
function job(kind, names, least) {
  return {
    figures: [
      { name: names.store, unit: 'msg/s', asked: orFloor(timesPeer(least.store, MOSQUITTO)), row: inRow },
      { name: names.recall, unit: 'msg/s', asked: orFloor(timesPeer(least.recall, MOSQUITTO)), row: outRow },
    ],
    run: ({ targets: { mqtt: to }, pid }, load) => load.run(kind, { to, count: MESSAGES, pid }),
  };
}

/**
 * @param {Member<InAndOut>} member
 * @returns {Row}
 */
function inRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const figure = summary(results.map(({ inPerSecond }) => inPerSecond));
  const each = median(results.map(({ inServerUs }) => inServerUs));
  return { who, figure, more: `${each.toFixed(1)} us each`, ...flaws(results), rounds: results };
}

/**
 * @param {Member<InAndOut>} member
 * @returns {Row}
 */
function outRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const figure = summary(results.map(({ outPerSecond }) => outPerSecond));
  const each = median(results.map(({ outServerUs }) => outServerUs));
  return { who, figure, more: `${each.toFixed(1)} us each`, ...flaws(results), rounds: results };
}
