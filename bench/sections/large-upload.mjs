import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';
import { atMost, timesPeer } from '../asked.mjs';
import { alternateNew } from '../cast.mjs';
import { summary } from '../stats.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { startRelay } from '../subjects/peers.mjs';
import { temporaryFolder } from '../subjects/process.mjs';
import { watchMemory } from '../watch-memory.mjs';
import { latencyRow } from './rows.mjs';

/** @import { Latency, Upload } from '../job-types.ts' */
/** @import { Member, Row, Server } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const MIB = 1024 * 1024;
const BYTES = 1024 * MIB;
/** One upload at a time, and what a disk should have left. */
const FREE_BYTES = 2 * BYTES;

const TITLE = 'A file of 1 GiB by HTTP';
const RATE = { name: 'PUT, until the answer', unit: 'MB/s', asked: timesPeer(0.7, 'pipeline') };
const MEMORY = { name: '  memory meanwhile', unit: 'MB', asked: atMost(40, 'MB') };
const MESSAGES = { name: '  OOCSI 1,000/s meanwhile', unit: 'ms' };

/**
 * A large upload beside what Node's pipeline makes of the same stream on the same disk. The gateway answers when all is
 * digested and synced, the pipeline when it has handed all to the system; for comparison there is one that syncs.
 * @param {Bench} bench
 */
export async function benchLargeUpload(bench) {
  const wanted = bench.wanted(TITLE, [RATE, MEMORY, MESSAGES]);
  if (wanted.length === 0) return;
  bench.begin({ title: TITLE, note: 'into a file, by a server that has just started', more: 'processor' });
  const { rounds, profile } = bench.options;
  /** @param {string} main */
  const start = (main) => startGateway({ main, profile });
  const peers = {
    pipeline: () => startRelay('files', 'pipeline'),
    'with fsync': () => startRelay('files', 'pipeline with fsync', { args: ['--sync'] }),
  };
  if (wanted.includes(RATE) || wanted.includes(MEMORY)) {
    const rows = await alternateNew(bench.starters(start, peers), rounds, loaded(uploadOnce));
    if (wanted.includes(RATE)) bench.add(RATE, rows.map(rateRow));
    if (wanted.includes(MEMORY)) bench.add(MEMORY, rows.map(memoryRow));
  }
  if (wanted.includes(MESSAGES)) {
    const rows = await alternateNew(bench.starters(start), rounds, loaded(sendMeanwhile));
    bench.add(MESSAGES, rows.map(latencyRow));
  }
}

/**
 * Runs something with a server and a load generator, with memory free for the file.
 * @template R
 * @param {(server: Server, load: Load) => Promise<R>} run
 */
function loaded(run) {
  /** @param {Server} server */
  return async (server) => {
    const load = new Load();
    try {
      freeMemory(server.folder);
      return await run(server, load);
    } finally {
      load.stop();
    }
  };
}

/**
 * Leaves as much memory free as the file needs. The host of a virtual machine takes back what has been free for a few seconds,
 * and to get it again takes longer than to write the file: whoever came first would pay for all.
 * @param {string} folder
 */
function freeMemory(folder) {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < FREE_BYTES) throw new Error(`${folder} has less than 2 GiB free`);
  const file = path.join(temporaryFolder(), 'memory');
  const piece = Buffer.alloc(MIB, 1);
  const handle = openSync(file, 'w');
  for (let written = 0; written < BYTES; written += MIB) writeSync(handle, piece);
  closeSync(handle);
  rmSync(path.dirname(file), { recursive: true });
}

/**
 * @param {Server} server
 * @param {Load} load
 */
const upload = ({ targets, pid }, load) =>
  load.run('upload', { to: targets.files ?? targets.crosscomm, bytes: BYTES, pid });

/**
 * @param {Server} server
 * @param {Load} load
 */
async function uploadOnce(server, load) {
  const { result, rose } = await watchMemory(server, () => upload(server, load));
  return { ...result, rose };
}

/**
 * Messages of one OOCSI client to another, by another load generator, while the file comes in.
 * @param {Server} server
 * @param {Load} load
 * @returns {Promise<Latency>}
 */
async function sendMeanwhile(server, load) {
  const other = new Load();
  const { oocsi } = server.targets;
  const job = { from: oocsi, to: oocsi, rate: 1000, address: 'channel', pairs: false };
  try {
    const [result] = await Promise.all([
      other.run('paced', { ...job, warmupMs: 250, measureMs: 1000 }),
      upload(server, load),
    ]);
    return result;
  } finally {
    other.stop();
  }
}

/**
 * @param {Member<Upload>} member
 * @returns {Row}
 */
function rateRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const seconds = summary(results.map(({ serverMs }) => serverMs / 1000)).median;
  return {
    who,
    figure: summary(results.map(({ megabytesPerSecond }) => megabytesPerSecond)),
    more: `${seconds.toFixed(1)} s`,
    rounds: results,
  };
}

/**
 * @param {Member<{ rose: number }>} member
 * @returns {Row}
 */
function memoryRow({ who, results, problem }) {
  return problem ? { who, problem } : { who, figure: summary(results.map(({ rose }) => rose)) };
}
