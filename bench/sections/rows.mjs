import { median, summary } from '../stats.mjs';

/** @import { Flaws, Latency, Throughput } from '../job-types.ts' */
/** @import { Member, Row } from '../types.ts' */

const MICROSECONDS = 1_000_000;

/**
 * @param {readonly Flaws[]} results
 * @param {keyof Flaws} key
 */
const sum = (results, key) => results.reduce((total, result) => total + result[key], 0);

/**
 * What went wrong in all rounds together.
 * @param {readonly Flaws[]} results
 */
export const flaws = (results) => ({
  lost: sum(results, 'lost') + sum(results, 'corrupt'),
  duplicated: sum(results, 'duplicated'),
});

/**
 * The generator was busy all the time and the server was not: the figure is the generator's.
 * @param {readonly { loadCpu: number, serverCpu: number }[]} results
 */
export function generatorNote(results) {
  /** @param {'loadCpu' | 'serverCpu'} key */
  const busy = (key) => median(results.map((result) => result[key]));
  if (busy('loadCpu') < 0.95 || busy('serverCpu') > 0.9) return undefined;
  return `the load generator was the limit: the server used ${Math.round(busy('serverCpu') * 100)} % of a core`;
}

/**
 * A row of messages a second from a member's rounds.
 * @param {Member<Throughput>} member
 * @returns {Row}
 */
export function throughputRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const deliveries = median(results.map((result) => result.deliveriesPerSecond));
  return {
    who,
    figure: summary(results.map((result) => result.messagesPerSecond)),
    more: `${Math.round(deliveries).toLocaleString('en-US')} /s`,
    ...flaws(results),
    note: generatorNote(results),
    rounds: results,
  };
}

/**
 * A row of median latencies, in ms, from a member's rounds.
 * @param {Member<Latency>} member
 * @returns {Row}
 */
export function latencyRow({ who, results, problem }) {
  if (problem) return { who, problem };
  return {
    who,
    figure: summary(results.map((result) => result.medianMs)),
    more: `p99 ${median(results.map((result) => result.p99Ms)).toFixed(2)} ms`,
    ...flaws(results),
    rounds: results,
  };
}

/**
 * A row of the processor time of a message, in microseconds.
 * @param {Member<Throughput>} member
 * @returns {Row}
 */
export function costRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const perSecond = results.map(({ messagesPerSecond }) => messagesPerSecond);
  return {
    who,
    figure: summary(results.map(({ serverCpu, messagesPerSecond }) => (serverCpu * MICROSECONDS) / messagesPerSecond)),
    more: `${Math.round(summary(perSecond).median).toLocaleString('en-US')} /s`,
    ...flaws(results),
    rounds: results,
  };
}
