import { setTimeout as sleep } from 'node:timers/promises';
import { below } from '../asked.mjs';
import { alternateNew, Cast } from '../cast.mjs';
import { residentBytes } from '../machine.mjs';
import { summary } from '../stats.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { startMosquitto, startPywayne, startRelay } from '../subjects/peers.mjs';

/** @import { Member, Row, Server, Starters } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const MIB = 1024 * 1024;
const IDLE_MS = 10_000;
const TITLE = 'At rest';

const READY = { name: 'ready after', unit: 's', asked: below(1.5, 's') };
const MEMORY = { name: 'memory, idle for 10 s', unit: 'MB', asked: below(110, 'MB') };

/** @type {Starters<Server>} */
const PEERS = {
  'bare aedes': () => startRelay('mqtt', 'bare aedes'),
  mosquitto: startMosquitto,
  pywayne: startPywayne,
};

/**
 * How soon every listener is open, and what the gateway needs when nobody is there.
 * @param {Bench} bench
 */
export async function benchStartup(bench) {
  const wanted = bench.wanted(TITLE, [READY, MEMORY]);
  if (wanted.length === 0) return;
  bench.begin({ title: TITLE, note: 'without any client' });
  if (wanted.includes(READY)) bench.add(READY, await startTimes(bench));
  if (wanted.includes(MEMORY)) bench.add(MEMORY, await memory(bench));
}

/**
 * Seconds from the start of the process until it is ready, or for a peer until it accepts a connection.
 * @param {Bench} bench
 */
async function startTimes(bench) {
  const rows = await alternateNew(
    bench.starters(gateway, PEERS),
    bench.options.starts,
    (server) => (server.readyMs ?? Number.NaN) / 1000,
  );
  return rows.map(toRow);
}

/**
 * @param {string} main
 * @returns {Promise<Server>}
 */
const gateway = (main) => startGateway({ main });

/**
 * Resident memory, as /proc shows it; several gateways rest at the same time.
 * @param {Bench} bench
 */
async function memory(bench) {
  const casts = [await Cast.start(bench.starters(gateway, PEERS))];
  while (casts.length < bench.options.rounds) casts.push(await Cast.start(bench.starters(gateway)));
  await sleep(IDLE_MS);
  /** @type {Member<number>[]} */
  const rows = [];
  for (const cast of casts) {
    const measured = await cast.alternate(1, async ({ pid }) => (residentBytes(pid) ?? Number.NaN) / MIB);
    for (const { who, results, problem } of measured) {
      const row = rows.find((known) => known.who === who);
      if (row) row.results.push(...results);
      else rows.push({ who, results, problem });
    }
    await cast.stop();
  }
  return rows.map(toRow);
}

/**
 * @param {Member<number>} member
 * @returns {Row}
 */
const toRow = ({ who, results, problem }) => (problem ? { who, problem } : { who, figure: summary(results) });
