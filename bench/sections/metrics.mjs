import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, atMostTimesPeer, below } from '../asked.mjs';
import { alternateNew, Cast } from '../cast.mjs';
import { cpuMs } from '../load/cpu.mjs';
import { openFileLimit } from '../machine.mjs';
import { median, summary } from '../stats.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { costRow } from './rows.mjs';
import { WINDOW } from './throughput.mjs';

/** @import { Server } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const TITLE = 'Metrics';
const CLIENTS = 10_000;
/** Files that a process needs beside its clients' sockets. */
const OTHER_FILES = 100;
const PROTOCOLS = ['oocsi', 'crosscomm', 'mqtt'];
const SETTLE_MS = 2000;
const READS = 30;
/** The first loads what writes them. */
const FIRST_READS = 5;
const EVERY_MS = 1000;
const ALONE = 'nobody reads';
const ONE_TO_ONE = { senders: 1, receivers: 1, pairs: false };

const TIME = { name: '/metrics with 10,000 clients, the answer', unit: 'ms', asked: below(20, 'ms') };
const LENGTH = { name: '/metrics with 10,000 clients, its length', unit: 'bytes', asked: atMost(20_000, 'bytes') };
const COST = {
  name: 'MQTT QoS 0, 1 sender -> 1 receiver, read every second',
  unit: 'us',
  asked: atMostTimesPeer(1.01, ALONE),
};

/**
 * How soon `/metrics` answers with many clients and how long the answer is, and what a message costs while it is read.
 * @param {Bench} bench
 */
export async function benchMetrics(bench) {
  const wanted = bench.wanted(TITLE, [TIME, LENGTH, COST]);
  if (wanted.length === 0) return;
  const note = "the answer, and the gateway's processor time for a message";
  bench.begin({ title: TITLE, note, more: 'also', showsLoss: true });
  if (wanted.includes(TIME) || wanted.includes(LENGTH)) {
    const members = await alternateNew({ gateway: () => startGateway() }, bench.options.starts, answers);
    /** @param {(answer: Answer) => number} pick */
    const rows = (pick) =>
      members.map(({ who, results, problem }) => {
        if (problem) return { who, problem };
        const processorMs = median(results.map((result) => result.processorMs));
        return {
          who,
          figure: summary(results.map(pick)),
          more: `processor ${processorMs.toFixed(1)} ms`,
          rounds: results,
        };
      });
    if (wanted.includes(TIME))
      bench.add(
        TIME,
        rows(({ ms }) => ms),
      );
    if (wanted.includes(LENGTH))
      bench.add(
        LENGTH,
        rows(({ bytes }) => bytes),
      );
  }
  if (wanted.includes(COST)) bench.add(COST, await costs(bench));
}

/** @typedef {{ ms: number, processorMs: number, bytes: number }} Answer */

/**
 * The median of several answers, with many clients of all protocols that say nothing.
 * @param {Server} server
 * @returns {Promise<Answer>}
 */
async function answers(server) {
  const limit = openFileLimit(server.pid);
  if (limit !== undefined && limit < CLIENTS + OTHER_FILES) {
    throw new Error(`the server may open only ${limit} files: run "ulimit -n ${CLIENTS * 2}" first`);
  }
  const load = new Load();
  try {
    const count = Math.ceil(CLIENTS / PROTOCOLS.length);
    for (const protocol of PROTOCOLS) await load.run('idle', { to: server.targets[protocol], count });
    await sleep(SETTLE_MS);
    const { open } = await load.run('countIdle', {});
    if (open < CLIENTS) throw new Error(`only ${open} of ${CLIENTS} clients are connected`);
    /** @type {number[]} */
    const times = [];
    let bytes = 0;
    let usedMs = 0;
    for (let number = 0; number < FIRST_READS + READS; number++) {
      if (number === FIRST_READS) usedMs = cpuMs(server.pid);
      const startMs = performance.now();
      bytes = (await read(server.targets.crosscomm)).length;
      if (number >= FIRST_READS) times.push(performance.now() - startMs);
    }
    return { ms: median(times), processorMs: (cpuMs(server.pid) - usedMs) / READS, bytes };
  } finally {
    load.stop();
  }
}

/**
 * Rows of the processor time of a message, in one gateway, with a reader and without it in turn.
 * @param {Bench} bench
 */
async function costs(bench) {
  const { rounds, warmupMs, measureMs, profile } = bench.options;
  const server = await startGateway({ profile });
  const { targets, pid } = server;
  const member = () => Promise.resolve({ stop: async () => {} });
  const cast = await Cast.start({ gateway: member, [ALONE]: member });
  const load = new Load();
  const rows = await cast.alternate(rounds, async (_, who) => {
    const reader = who === ALONE ? undefined : setInterval(() => void read(targets.crosscomm), EVERY_MS);
    try {
      const to = targets.mqtt;
      const job = { from: to, to, address: 'channel', window: WINDOW, pid };
      return await load.run('throughput', { ...job, ...ONE_TO_ONE, warmupMs, measureMs });
    } finally {
      clearInterval(reader);
    }
  });
  load.stop();
  await server.stop();
  return rows.map(costRow);
}

/**
 * @param {{ host: string, port: number }} gateway
 * @returns {Promise<string>}
 */
async function read({ host, port }) {
  const headers = { accept: 'application/openmetrics-text' };
  const answer = await fetch(`http://${host}:${port}/metrics`, { headers });
  if (!answer.ok) throw new Error(`/metrics was answered ${answer.status}`);
  return await answer.text();
}
