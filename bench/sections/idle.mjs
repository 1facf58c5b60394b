import { setTimeout as sleep } from 'node:timers/promises';
import { atMost } from '../asked.mjs';
import { alternateNew } from '../cast.mjs';
import { openFileLimit, residentBytes } from '../machine.mjs';
import { median, summary } from '../stats.mjs';
import { startCollectingGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { startCollectingRelay } from '../subjects/peers.mjs';

/** @import { Member, Row, Server } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const CLIENTS = 5000;
/** Files that a process needs beside its clients' sockets. */
const OTHER_FILES = 100;
const SETTLE_MS = 2000;
const IDLE_MS = 3000;

const ASKED = atMost(20, 'KB');
const TITLE = 'Idle clients';

const LINES = [
  { name: 'OOCSI', protocols: ['oocsi'], relay: 'oocsi' },
  { name: 'CrossComm', protocols: ['crosscomm'], relay: 'crosscomm' },
  { name: 'MQTT', protocols: ['mqtt'], relay: 'mqtt' },
  { name: 'a mix of the three', protocols: ['oocsi', 'crosscomm', 'mqtt'] },
];

/** @typedef {{ collectedKb: number, uncollectedKb: number, open: number }} Memory in KiB for each client */

/**
 * What each of 5,000 clients costs that are connected and say nothing.
 * @param {Bench} bench
 */
export async function benchIdle(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const note = `resident memory for each of ${CLIENTS.toLocaleString('en-US')}, garbage collected`;
  bench.begin({ title: TITLE, note, more: 'not collected' });
  for (const { name, protocols, relay } of wanted) {
    /** @param {Server} server */
    const run = (server) => measure(server, protocols);
    const rows = await alternateNew(bench.starters(startCollectingGateway), bench.options.rounds, run);
    if (relay && !bench.options.before) {
      const who = relay === 'mqtt' ? 'bare aedes' : 'bare relay';
      rows.push(...(await alternateNew({ [who]: () => startCollectingRelay(relay, who) }, 1, run)));
    }
    bench.add({ name, unit: 'KB', asked: ASKED }, rows.map(idleRow));
  }
}

/**
 * @param {Member<Memory>} member
 * @returns {Row}
 */
function idleRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const uncollected = median(results.map((result) => result.uncollectedKb));
  return {
    who,
    figure: summary(results.map((result) => result.collectedKb)),
    more: `${uncollected.toFixed(1)} KB`,
    rounds: results,
  };
}

/**
 * @param {Server} server
 * @param {string[]} protocols
 * @returns {Promise<Memory>}
 */
async function measure(server, protocols) {
  const load = new Load();
  try {
    requireFiles(server.pid, 'the server');
    requireFiles(load.pid, 'the load generator');
    await sleep(SETTLE_MS);
    const uncollectedBefore = resident(server);
    const before = await collected(server);
    const count = Math.ceil(CLIENTS / protocols.length);
    for (const protocol of protocols) await load.run('idle', { to: server.targets[protocol], count });
    await sleep(IDLE_MS);
    const uncollected = resident(server);
    const after = await collected(server);
    const { open } = await load.run('countIdle', {});
    if (open < CLIENTS) throw new Error(`only ${open} of ${CLIENTS} idle clients are still connected`);
    /** @param {number} bytes */
    const each = (bytes) => bytes / open / 1024;
    return { collectedKb: each(after - before), uncollectedKb: each(uncollected - uncollectedBefore), open };
  } finally {
    load.stop();
  }
}

/** @param {Server} server */
async function collected(server) {
  server.signal('SIGUSR2');
  await sleep(SETTLE_MS);
  return resident(server);
}

/** @param {Server} server */
const resident = (server) => residentBytes(server.pid) ?? Number.NaN;

/**
 * @param {number} pid
 * @param {string} who
 */
function requireFiles(pid, who) {
  const limit = openFileLimit(pid);
  if (limit !== undefined && limit < CLIENTS + OTHER_FILES) {
    throw new Error(`${who} may open only ${limit} files: run "ulimit -n ${CLIENTS * 2}" first`);
  }
}
