import { randomBytes } from 'node:crypto';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { atMost, FLOOR, orFloor, timesPeer } from '../asked.mjs';
import { alternateNew, Cast } from '../cast.mjs';
import { cpuMs } from '../load/cpu.mjs';
import { median, summary } from '../stats.mjs';
import { BUILT } from '../subjects/gateway.mjs';
import {
  listPages,
  makeFiles,
  runPython,
  runRclone,
  startBareServer,
  startObjectGateway,
} from '../subjects/objects.mjs';
import { temporaryFolder } from '../subjects/process.mjs';
import { watchMemory } from '../watch-memory.mjs';

/** @import { Member, Row } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */
/** @import { ObjectServer } from '../subjects/objects.mjs' */

const MIB = 1024 * 1024;
const TITLE = 'Objects by S3';
const OSS2 = 'OSS by oss2';
const BARE = 'bare Node';
const COUNT = 256;
const KEYS = 10_000;

/** Each way and direction has two lines, as it is compared with two others. */
const LINES = ['boto3', 'rclone'].flatMap((client) =>
  ['put', 'get'].flatMap((operation) => [
    {
      name: `${operation.toUpperCase()} 1 MiB by ${client}`,
      unit: 'MB/s',
      client,
      operation,
      asked: timesPeer(0.8, OSS2),
    },
    { name: `  the same, beside a file`, unit: 'MB/s', client, operation, asked: timesPeer(0.5, BARE) },
  ]),
);
const MEMORY = { name: '1 GiB in parts, memory', unit: 'MB', asked: atMost(40, 'MB') };
const LIST = { name: `${KEYS.toLocaleString('en-US')} keys listed`, unit: 's', asked: atMost(0.5, 's') };
const LIST_RCLONE = { name: '  the same by rclone, with its start', unit: 's', asked: orFloor(atMost(0.5, 's')) };

/** @typedef {{ rate: number, cpu: number }} Round MB/s, and ms of the server's processor time for an object */

/**
 * Objects of 1 MiB by unmodified clients of S3, 16 at a time; beside them the same by OSS, and a bare server that puts each into a file.
 * @param {Bench} bench
 */
export async function benchObjects(bench) {
  const wanted = bench.wanted(TITLE, [...LINES, MEMORY, LIST, LIST_RCLONE]);
  if (wanted.length === 0) return;
  bench.begin({ title: TITLE, note: `${COUNT} objects, 16 at a time`, more: 'each' });
  const folder = temporaryFolder();
  try {
    const lines = LINES.filter((line) => wanted.includes(line));
    if (lines.length > 0) await benchTransfers(bench, lines, folder);
    if (wanted.includes(MEMORY)) await benchMemory(bench, folder);
    if (wanted.includes(LIST) || wanted.includes(LIST_RCLONE)) await benchList(bench, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {Bench} bench */
const starters = (bench) =>
  bench.starters((/** @type {string} */ main) => startObjectGateway({ main, profile: bench.options.profile }));

/**
 * @param {Bench} bench
 * @param {typeof LINES} lines
 * @param {string} folder
 */
async function benchTransfers(bench, lines, folder) {
  const from = path.join(folder, 'from');
  makeFiles(from, COUNT, randomBytes(MIB));
  const oss2 = () => startObjectGateway({ main: BUILT });
  const gateways = starters(bench);
  const cast = await Cast.start({
    ...gateways,
    ...(!bench.options.before && { [OSS2]: oss2, [BARE]: startBareServer }),
  });
  try {
    for (const client of ['boto3', 'rclone']) {
      for (const operation of /** @type {const} */ (['put', 'get'])) {
        const these = lines.filter((line) => line.client === client && line.operation === operation);
        if (these.length === 0) continue;
        const rows = await cast.alternate(bench.options.rounds, (server, who) =>
          transfer(server, { client: who === OSS2 ? 'oss2' : client, operation, folder }),
        );
        for (const line of these) {
          const other = line.asked.kind === 'timesPeer' && line.asked.peer === OSS2 ? BARE : OSS2;
          bench.add(line, rows.filter(({ who }) => who !== other).map(rateRow));
        }
      }
    }
  } finally {
    await cast.stop();
  }
}

/**
 * @param {ObjectServer} server
 * @param {{ client: string, operation: 'put' | 'get', folder: string }} job
 * @returns {Promise<Round>}
 */
async function transfer({ access, pid }, { client, operation, folder }) {
  const before = cpuMs(pid);
  const seconds =
    client === 'rclone'
      ? await byRclone(access, operation, folder)
      : await runPython(access, {
          client: client === 'oss2' ? 'oss2' : 'boto3',
          ...{ operation, prefix: 'python', count: COUNT, bytes: MIB },
        });
  return { rate: (COUNT * MIB) / 1e6 / seconds, cpu: (cpuMs(pid) - before) / COUNT };
}

/**
 * @param {ObjectServer['access']} access
 * @param {'put' | 'get'} operation
 * @param {string} folder
 */
async function byRclone(access, operation, folder) {
  const to = path.join(folder, 'to');
  const flags = ['copy', '--transfers=16', '--checkers=16', '--ignore-times'];
  const [from, where] = operation === 'put' ? [path.join(folder, 'from'), 'remote:rclone'] : ['remote:rclone', to];
  const { seconds } = await runRclone(access, [...flags, from, where]);
  rmSync(to, { recursive: true, force: true });
  return seconds;
}

/**
 * @param {Member<Round>} member
 * @returns {Row}
 */
function rateRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const cpu = median(results.map((round) => round.cpu));
  return { who, figure: summary(results.map(({ rate }) => rate)), more: `${cpu.toFixed(1)} ms`, rounds: results };
}

/**
 * @param {Bench} bench
 * @param {string} folder
 */
async function benchMemory(bench, folder) {
  const file = path.join(folder, 'large');
  writeFileSync(file, '');
  truncateSync(file, 1024 * MIB);
  const rows = await alternateNew(starters(bench), bench.options.rounds, async (server) => {
    const copy = ['copyto', '--s3-chunk-size=16M', '--s3-upload-concurrency=4', file, 'remote:large'];
    return (await watchMemory(server, () => runRclone(server.access, copy))).rose;
  });
  bench.add(MEMORY, rows.map(figureRow));
}

/**
 * What rclone itself takes, with its start, is seen beside it: the bare server sends the whole list at once.
 * @param {Bench} bench
 * @param {string} folder
 */
async function benchList(bench, folder) {
  const many = path.join(folder, 'many');
  makeFiles(many, KEYS, Buffer.from('x'));
  const cast = await Cast.start({
    ...starters(bench),
    ...(!bench.options.before && { [FLOOR]: startBareServer }),
  });
  try {
    await cast.alternate(1, ({ access }) => runRclone(access, ['copy', '--transfers=16', many, 'remote:many']));
    const gateways = Object.keys(starters(bench));
    /** @param {{ seconds: number, lines: number }} listed */
    const whole = ({ seconds, lines }) => {
      if (lines !== KEYS) throw new Error(`${lines} keys were listed`);
      return seconds;
    };
    const rows = await cast.alternate(
      bench.options.rounds,
      async ({ access }) => whole(await listPages(access)),
      gateways,
    );
    bench.add(LIST, rows.map(figureRow));
    const byRclone = await cast.alternate(bench.options.rounds, async ({ access }) =>
      whole(await runRclone(access, ['lsf', 'remote:many'])),
    );
    bench.add(LIST_RCLONE, byRclone.map(figureRow));
  } finally {
    await cast.stop();
  }
}

/**
 * @param {Member<number>} member
 * @returns {Row}
 */
const figureRow = ({ who, results, problem }) => (problem ? { who, problem } : { who, figure: summary(results) });
