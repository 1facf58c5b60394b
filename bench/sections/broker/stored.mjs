import { orFloor, timesPeer } from '../../asked.mjs';
import { median, summary } from '../../stats.mjs';
import { MOSQUITTO } from '../../subjects/brokers.mjs';
import { flaws } from '../rows.mjs';

/** @import { InAndOut } from '../../job-types.ts' */
/** @import { Member } from '../../types.ts' */
/** @import { Job } from './plan.mjs' */

const MESSAGES = 8000;

/** The first time, when the server has just started and has compiled nothing, and again. */
/** @typedef {InAndOut & { again: InAndOut }} Twice */

/** @type {Job<Twice>[]} */
export const storedJobs = [
  job('retained', { store: 'retained, store', recall: 'retained, recall' }, { store: 1, recall: 1 }),
  job('away', { store: 'queue while away', recall: 'drain at return' }, { store: 0.8, recall: 0.5 }),
];

/**
 * @param {'retained' | 'away'} kind
 * @param {{ store: string, recall: string }} names
 * @param {{ store: number, recall: number }} least
 * @returns {Job<Twice>}
 */
function job(kind, names, least) {
  return {
    figures: [
      figure(names.store, least.store, ({ inPerSecond, inServerUs }) => ({ rate: inPerSecond, us: inServerUs })),
      figure(names.recall, least.recall, ({ outPerSecond, outServerUs }) => ({ rate: outPerSecond, us: outServerUs })),
    ],
    how: { isStored: true },
    async run({ targets: { mqtt: to }, pid }, load) {
      const first = await load.run(kind, { to, count: MESSAGES, pid });
      return { ...first, again: await load.run(kind, { to, count: MESSAGES, pid }) };
    },
  };
}

/**
 * @param {string} name
 * @param {number} least
 * @param {(result: InAndOut) => { rate: number, us: number }} read
 * @returns {import('./plan.mjs').Figure<Twice>}
 */
function figure(name, least, read) {
  /** @param {Member<Twice>} member */
  const row = ({ who, results, problem }) => {
    if (problem) return { who, problem };
    const us = median(results.map((result) => read(result).us));
    const again = median(results.map((result) => read(result.again).us));
    return {
      who,
      figure: summary(results.map((result) => read(result).rate)),
      more: `${us.toFixed(1)}, then ${again.toFixed(1)} us`,
      ...flaws(results.flatMap((result) => [result, result.again])),
      rounds: results,
    };
  };
  return { name, unit: 'msg/s', asked: orFloor(timesPeer(least, MOSQUITTO)), row };
}
