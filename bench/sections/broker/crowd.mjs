import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, orFloor, timesPeer } from '../../asked.mjs';
import { openFileLimit, residentBytes } from '../../machine.mjs';
import { median, summary } from '../../stats.mjs';
import { MOSQUITTO, whoOf } from '../../subjects/brokers.mjs';
import { Load } from '../../subjects/load.mjs';
import { generatorNote } from '../rows.mjs';

/** @import { Crowd } from '../../job-types.ts' */
/** @import { Member, Row, Server } from '../../types.ts' */
/** @import { Job } from './plan.mjs' */

const CLIENTS = 4000;
const OTHER_FILES = 100;
const REST_MS = 1000;

/** @typedef {Crowd & { keptKb: number, collectedKb: number }} Met in KiB for each client */

/** @type {Job<Met>} */
export const crowdJob = {
  figures: [
    { name: 'connect, subscribe', unit: '/s', asked: orFloor(timesPeer(0.9, MOSQUITTO)), row: rateRow },
    { name: 'idle client', unit: 'KB', asked: orFloor(atMost(8, 'KB')), row: memoryRow },
  ],
  how: { isCollecting: true },
  async run(server, _, name) {
    const load = new Load();
    try {
      for (const pid of [server.pid, load.pid]) requireFiles(pid);
      const keptBefore = residentBytes(server.pid) ?? Number.NaN;
      const collectedBefore = await collected(server, name);
      const met = await load.run('crowd', { to: server.targets.mqtt, count: CLIENTS, pid: server.pid });
      await sleep(REST_MS);
      const kept = residentBytes(server.pid) ?? Number.NaN;
      const keptKb = each(kept - keptBefore);
      const collectedKb = each((await collected(server, name)) - collectedBefore);
      const { open } = await load.run('countCrowd', {});
      if (open < CLIENTS) throw new Error(`only ${open} of ${CLIENTS} idle clients are still connected`);
      return { ...met, keptKb, collectedKb };
    } finally {
      load.stop();
    }
  },
};

/** @param {number} bytes */
const each = (bytes) => bytes / CLIENTS / 1024;

/**
 * What is resident when the garbage has been collected, where there is any.
 * @param {Server} server
 * @param {string} name
 */
async function collected(server, name) {
  // By this signal, mosquitto writes its subscriptions to its standard output.
  if (whoOf(name) !== MOSQUITTO) server.signal('SIGUSR2');
  await sleep(REST_MS / 2);
  return residentBytes(server.pid) ?? Number.NaN;
}

/**
 * @param {Member<Met>} member
 * @returns {Row}
 */
function rateRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const figure = summary(results.map(({ perSecond }) => perSecond));
  const cost = median(results.map(({ serverUs }) => serverUs));
  return { who, figure, more: `${Math.round(cost)} us each`, note: generatorNote(results), rounds: results };
}

/**
 * @param {Member<Met>} member
 * @returns {Row}
 */
function memoryRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const figure = summary(results.map(({ keptKb }) => keptKb));
  const least = median(results.map(({ collectedKb }) => collectedKb));
  return { who, figure, more: `collected ${least.toFixed(1)}`, rounds: results };
}

/** @param {number} pid */
function requireFiles(pid) {
  const limit = openFileLimit(pid);
  if (limit !== undefined && limit < CLIENTS + OTHER_FILES) throw new Error(`run "ulimit -n ${CLIENTS * 2}" first`);
}
