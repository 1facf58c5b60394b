import { setTimeout as sleep } from 'node:timers/promises';
import { atMost } from '../asked.mjs';
import { alternateNew } from '../cast.mjs';
import { openFileLimit, residentBytes } from '../machine.mjs';
import { median, summary } from '../stats.mjs';
import { startCollectingGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { startMosquitto } from '../subjects/peers.mjs';

/** @import { Member, Row, Server } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const CONNECTIONS = 10_000;
/** Files that a process needs beside its clients' sockets. */
const OTHER_FILES = 100;
const SETTLE_MS = 2000;
const TITLE = 'Silent connections';

const LINES = [
  { name: 'MQTT', isTls: false, asked: atMost(20, 'KB') },
  { name: 'MQTT by TLS, a ClientHello alone', isTls: true, asked: atMost(60, 'KB') },
];

/** So that all of them are there at once, whatever the machine. */
const SETTINGS = { limits: { maxConnections: 2 * CONNECTIONS, handshakeTimeoutMs: 120_000 } };

/** @typedef {{ kb: number, newcomerMs: number, openedMs: number, open: number }} Silence `kb`: KiB for each; `open`: how many the server has left */

/**
 * What 10,000 connections cost that never prove who they are, and how soon a newcomer is in beside them.
 * @param {Bench} bench
 */
export async function benchSilent(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const note = `resident memory for each of ${CONNECTIONS.toLocaleString('en-US')} that say nothing, whom the server may end`;
  bench.begin({ title: TITLE, note, more: 'newcomer in' });
  for (const { name, isTls, asked } of wanted) {
    /** @param {Server} server */
    const run = (server) => measure(server, isTls);
    const starters = bench.starters((main) => startCollectingGateway(main, { tls: isTls, settings: SETTINGS }), {
      mosquitto: () => startMosquitto({ tls: isTls }),
    });
    const rows = await alternateNew(starters, bench.options.rounds, run);
    bench.add({ name, unit: 'KB', asked }, rows.map(silentRow));
  }
}

/**
 * @param {Member<Silence>} member
 * @returns {Row}
 */
function silentRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const newcomerMs = median(results.map((result) => result.newcomerMs));
  const open = median(results.map((result) => result.open));
  const more = `${newcomerMs.toFixed(0)} ms; ${open.toFixed(0)} open`;
  return { who, figure: summary(results.map(({ kb }) => kb)), more, rounds: results };
}

/**
 * @param {Server} server
 * @param {boolean} isTls
 * @returns {Promise<Silence>}
 */
async function measure(server, isTls) {
  const load = new Load();
  try {
    for (const pid of [server.pid, load.pid]) {
      const limit = openFileLimit(pid);
      if (limit !== undefined && limit < CONNECTIONS + OTHER_FILES) {
        throw new Error(`run "ulimit -n ${CONNECTIONS * 2}" first`);
      }
    }
    const to = isTls ? server.targets.mqtts : server.targets.mqtt;
    await sleep(SETTLE_MS);
    const before = resident(server);
    const { tookMs } = await load.run('silent', { to, count: CONNECTIONS, saysHello: isTls });
    const { totalMs } = await load.run('joins', { to, count: 1, atOnce: 1, pid: server.pid });
    const after = resident(server);
    const { open } = await load.run('countSilent', {});
    return { kb: (after - before) / CONNECTIONS / 1024, newcomerMs: totalMs, openedMs: tookMs, open };
  } finally {
    load.stop();
  }
}

/** @param {Server} server */
const resident = (server) => residentBytes(server.pid) ?? Number.NaN;
