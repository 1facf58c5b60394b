import { setTimeout as sleep } from 'node:timers/promises';
import { below } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { residentBytes } from '../machine.mjs';
import { summary } from '../stats.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { startMosquitto, startPywayne, startRelay } from '../subjects/peers.mjs';

const MIB = 1024 * 1024;
const IDLE_MS = 10_000;
const TITLE = 'At rest';

const READY = { name: 'ready after', unit: 's', asked: below(1.5, 's') };
const MEMORY = { name: 'memory, idle for 10 s', unit: 'MB', asked: below(110, 'MB') };

const PEERS = {
  'bare aedes': () => startRelay('mqtt', 'bare aedes'),
  mosquitto: startMosquitto,
  pywayne: startPywayne,
};

/** How soon every door is open, and what the gateway needs when nobody is there. */
export async function benchStartup(bench) {
  const wanted = bench.wanted(TITLE, [READY, MEMORY]);
  if (wanted.length === 0) return;
  bench.begin({ title: TITLE, note: 'without any client' });
  if (wanted.includes(READY)) bench.add(READY, await startTimes(bench.options.starts));
  if (wanted.includes(MEMORY)) bench.add(MEMORY, await memory(bench.options.rounds));
}

/** Seconds from the start of the process until it is ready, or for a peer until it accepts a connection. */
async function startTimes(starts) {
  const starters = { gateway: startGateway, ...PEERS };
  const rows = Object.keys(starters).map((who) => ({ who, times: [] }));
  for (let start = 0; start < starts; start++) {
    for (const row of rows) {
      if (row.problem) continue;
      try {
        const begun = performance.now();
        const server = await starters[row.who]();
        row.times.push((server.readyMs ?? performance.now() - begun) / 1000);
        await server.stop();
      } catch (error) {
        row.problem = error.message;
      }
    }
  }
  return rows.map(({ who, times, problem }) => (problem ? { who, problem } : { who, figure: summary(times), times }));
}

/** Resident memory, as /proc shows it; several gateways rest at the same time. */
async function memory(rounds) {
  const casts = [await Cast.start({ gateway: startGateway, ...PEERS })];
  for (let round = 1; round < rounds; round++) casts.push(await Cast.start({ gateway: startGateway }));
  await sleep(IDLE_MS);
  const rows = [];
  for (const cast of casts) {
    const measured = await cast.alternate(1, async ({ pid }) => residentBytes(pid) / MIB);
    for (const { who, results, problem } of measured) {
      const row = rows.find((known) => known.who === who);
      if (row) row.results.push(...results);
      else rows.push({ who, results, problem });
    }
    await cast.stop();
  }
  return rows.map(({ who, results, problem }) => (problem ? { who, problem } : { who, figure: summary(results) }));
}
