import { atMost, atMostTimesPeer, orFloor, timesPeer } from '../../asked.mjs';
import { median, summary } from '../../stats.mjs';
import { MOSQUITTO } from '../../subjects/brokers.mjs';
import { flaws, throughputRow } from '../rows.mjs';

/** @import { FanIn, FlowJob, Throughput } from '../../job-types.ts' */
/** @import { Member, Row } from '../../types.ts' */
/** @import { Bench } from '../../bench.mjs' */
/** @import { Job } from './plan.mjs' */

/** @typedef {Omit<FlowJob, 'to' | 'pid' | 'warmupMs' | 'measureMs'>} Flow */

/** @type {{ name: string, factor: number, flow: Flow }[]} */
const FLOWS = [
  ...[2, 2.2, 2].map((factor, index) => {
    const qos = /** @type {0 | 1 | 2} */ (index);
    const flow = { qos, receivers: 1, hasOwnFilters: false, window: qos === 0 ? 1024 : 500 };
    return { name: `QoS ${qos}, 1 -> 1`, factor, flow };
  }),
  { name: '1 -> 100', factor: 2.5, flow: { qos: 0, receivers: 100, hasOwnFilters: false, window: 128 } },
  { name: '1 -> 1,000', factor: 4, flow: { qos: 0, receivers: 1000, hasOwnFilters: false, window: 64 } },
  { name: '2,000 wildcards', factor: 1.3, flow: { qos: 0, receivers: 2000, hasOwnFilters: true, window: 1024 } },
];

/** How long a run is, of what --seconds says: there are many. */
const SHARE = 0.3;
const WARMUP_MS = 200;
/** 500 connections come before the first message, so less is compiled by then. */
const FAN_IN_WARMUP_MS = 600;

/**
 * @param {Bench} bench
 * @returns {Job<Throughput>[]}
 */
export const flowJobs = ({ options }) =>
  FLOWS.map(({ name, factor, flow }) => ({
    figures: [{ name, unit: 'msg/s', asked: orFloor(timesPeer(factor, MOSQUITTO)), row: flowRow }],
    run: ({ targets: { mqtt: to }, pid }, load) =>
      load.run('flow', { to, pid, ...flow, warmupMs: WARMUP_MS, measureMs: options.measureMs * SHARE }),
  }));

/**
 * Messages a second, and the processor time of the server for each delivery.
 * @param {Member<Throughput>} member
 * @returns {Row}
 */
export function flowRow(member) {
  const row = throughputRow(member);
  if (row.problem) return row;
  const each = member.results.map(({ serverCpu, deliveriesPerSecond }) => (serverCpu * 1e6) / deliveriesPerSecond);
  return { ...row, more: `${median(each).toFixed(1)} us each` };
}

const PUBLISHERS = 500;
/** Messages a second of each. */
const RATE = 20;

/**
 * @param {Bench} bench
 * @returns {Job<FanIn>}
 */
export const fanInJob = ({ options }) => ({
  figures: [
    { name: '500 -> 1, each', unit: 'us', asked: orFloor(atMostTimesPeer(1.5, MOSQUITTO)), row: costRow },
    { name: '500 -> 1, p99', unit: 'ms', asked: orFloor(atMost(20, 'ms')), row: latenessRow },
  ],
  run: ({ targets: { mqtt: to }, pid }, load) =>
    load.run('fanIn', {
      to,
      pid,
      senders: PUBLISHERS,
      rate: RATE,
      warmupMs: FAN_IN_WARMUP_MS,
      measureMs: options.measureMs * SHARE * 2,
    }),
});

/**
 * @param {Member<FanIn>} member
 * @returns {Row}
 */
function costRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const figure = summary(results.map(({ serverUs }) => serverUs));
  return { who, figure, more: lateness(results), ...flaws(results), note: busyNote(results), rounds: results };
}

/**
 * @param {Member<FanIn>} member
 * @returns {Row}
 */
function latenessRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const figure = summary(results.map(({ p99Ms }) => p99Ms));
  return { who, figure, more: lateness(results), ...flaws(results), note: busyNote(results), rounds: results };
}

/** @param {FanIn[]} results */
const lateness = (results) => `median ${median(results.map(({ medianMs }) => medianMs)).toFixed(2)} ms`;

/** @param {FanIn[]} results */
function busyNote(results) {
  const busy = median(results.map(({ loadCpu }) => loadCpu));
  return busy < 0.9 ? undefined : `the load generator used ${Math.round(busy * 100)} % of a core: it was late itself`;
}
