import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, atMostTimesPeer, FLOOR, orFloor } from '../../asked.mjs';
import { cpuMs } from '../../load/cpu.mjs';
import { residentBytes } from '../../machine.mjs';
import { median, summary } from '../../stats.mjs';
import { AEDES, MOSQUITTO } from '../../subjects/brokers.mjs';
import { Load } from '../../subjects/load.mjs';
import { flaws, generatorNote } from '../rows.mjs';

/** @import { FillJob, Return } from '../../job-types.ts' */
/** @import { Member, Row, Server } from '../../types.ts' */
/** @import { Job } from './plan.mjs' */

const MIB = 1024 * 1024;
const REST_MS = 1000;

/** @typedef {Omit<FillJob, 'to'>} Fill */

/** @type {Fill} */
const CROWD = { sessions: 5000, each: 5, retained: 0 };
/** @type {Fill} */
const STORE = { sessions: 100, each: 1000, retained: 100_000 };

/**
 * Servers that have been filled and have ended: their folders are removed when their job is done.
 * @type {Server[]}
 */
let filled = [];

export function forgetFilled() {
  for (const server of filled) server.kill();
  filled = [];
}

/** @type {Job<Return & { readyMs: number }>} */
export const returnJob = {
  figures: [{ name: '5,000 return', unit: 's', asked: orFloor(atMostTimesPeer(1.25, MOSQUITTO)), row: returnRow }],
  without: [AEDES],
  async prepare(start, name) {
    // The floor has no disk to start from: it knows that each will ask for as many.
    if (name === FLOOR) return { queued: CROWD.each };
    return { data: await fill(await start({}), CROWD) };
  },
  async run({ targets: { mqtt: to }, pid, readyMs = Number.NaN }, load) {
    const { sessions, each } = CROWD;
    return { readyMs, ...(await load.run('return', { to, sessions, each, pid })) };
  },
};

/**
 * Resident memory of each without any data, in bytes.
 * @type {Map<string, number>}
 */
const empty = new Map();

/** @typedef {{ readyS: number, growthMb: number, processorS: number }} Started `processorS`: what it used until a second after it was ready */

/** @type {Job<Started>} */
export const startJob = {
  figures: [
    { name: 'start, 200,000 stored', unit: 's', asked: atMost(3, 's'), row: (member) => row(member, 'readyS') },
    {
      name: 'its growth',
      unit: 'MB',
      asked: atMostTimesPeer(2, MOSQUITTO),
      row: (member) => row(member, 'growthMb'),
    },
  ],
  without: [AEDES, FLOOR],
  // Both cores keep things in one store.
  withoutCore: 'own',
  async prepare(start, name) {
    const server = await start({});
    await sleep(REST_MS);
    empty.set(name, residentBytes(server.pid) ?? Number.NaN);
    return { data: await fill(server, STORE) };
  },
  async run({ pid, readyMs = Number.NaN }, _, name) {
    await sleep(REST_MS);
    const grown = (residentBytes(pid) ?? Number.NaN) - (empty.get(name) ?? Number.NaN);
    return { readyS: readyMs / 1000, growthMb: grown / MIB, processorS: cpuMs(pid) / 1000 };
  },
};

/**
 * Fills a server and ends it; returns its folder.
 * @param {Server} server
 * @param {Fill} what
 */
async function fill(server, what) {
  filled.push(server);
  const load = new Load();
  try {
    await load.run('fill', { to: server.targets.mqtt, ...what });
  } finally {
    load.stop();
    await server.end();
  }
  return server.folder;
}

/**
 * @param {Member<Return & { readyMs: number }>} member
 * @returns {Row}
 */
function returnRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const figure = summary(results.map(({ totalMs }) => totalMs / 1000));
  const connected = median(results.map(({ connectedMs }) => connectedMs));
  const more = `connected ${(connected / 1000).toFixed(2)} s`;
  return { who, figure, more, ...flaws(results), note: generatorNote(results), rounds: results };
}

/**
 * @param {Member<Started>} member
 * @param {'readyS' | 'growthMb'} key
 * @returns {Row}
 */
function row({ who, results, problem }, key) {
  if (problem) return { who, problem };
  const processor = median(results.map(({ processorS }) => processorS));
  const more = `${processor.toFixed(2)} s`;
  return { who, figure: summary(results.map((result) => result[key])), more, rounds: results };
}
