import { setTimeout as sleep } from 'node:timers/promises';
import { atMostTimesPeer, BEFORE, timesBefore, timesPeer } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { openFileLimit } from '../machine.mjs';
import { median, summary } from '../stats.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { startMosquitto } from '../subjects/peers.mjs';
import { throughputRow } from './rows.mjs';
import { WINDOW } from './throughput.mjs';

/** @import { Joins } from '../job-types.ts' */
/** @import { Member, Row, Server, Starters } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const TITLE = 'Accounts';
const COUNT = 1000;
/** What the same build does without any account, and what it does for those of its clients who bring no proof. */
const FREE = 'no accounts';
const ANONYMOUS = 'anonymous';
const MOSQUITTO = 'mosquitto';
/** The least share of the speed without accounts. */
const LEAST = 0.95;
const REST_MS = 1000;

const ONE_TO_ONE = { senders: 1, receivers: 1, pairs: false };
const ONE_TO_TEN = { senders: 1, receivers: 10, pairs: false };

const MESSAGES = [
  { name: 'MQTT, 1 sender -> 1 receiver', protocol: 'mqtt', shape: ONE_TO_ONE },
  { name: 'MQTT, 1 sender -> 10 receivers', protocol: 'mqtt', shape: ONE_TO_TEN },
  { name: 'OOCSI, 1 sender -> 1 receiver', protocol: 'oocsi', shape: ONE_TO_ONE },
];

const JOINS = [
  { name: 'processor time of a join, MQTT', protocol: 'mqtt', count: 3000, atOnce: 20, unit: 'ms' },
  { name: 'processor time of a join, OOCSI', protocol: 'oocsi', count: 3000, atOnce: 20, unit: 'ms' },
  { name: '5,000 joins at once, MQTT', protocol: 'mqtt', count: 5000, atOnce: 5000, unit: 's' },
];

/**
 * What 1,000 accounts cost, each with a token and a role of three rules of its own, beside the gateway without any, and beside mosquitto
 * with a password file and an ACL file of the same users.
 * @param {Bench} bench
 */
export async function benchAccounts(bench) {
  const messages = bench.wanted(TITLE, MESSAGES);
  const joins = bench.wanted(TITLE, JOINS);
  if (messages.length > 0) await benchMessages(bench, messages);
  if (joins.length > 0) await benchJoins(bench, joins);
}

/**
 * @param {Bench} bench
 * @param {typeof MESSAGES} lines
 */
async function benchMessages(bench, lines) {
  const { rounds, warmupMs, measureMs, profile, before } = bench.options;
  const note = '1,000 accounts of three rules each; messages a second, as many as it takes';
  bench.begin({ title: TITLE, note, more: 'deliveries', showsLoss: true });
  /** @type {Starters<Server>} */
  const starters = {
    gateway: () => startGateway({ accounts: COUNT, profile }),
    ...(before ? { [BEFORE]: () => startGateway({ main: before }) } : {}),
    [FREE]: () => startGateway(),
    [MOSQUITTO]: () => startMosquitto({ accounts: COUNT }),
  };
  const cast = await Cast.start(starters);
  for (const { name, protocol, shape } of lines) {
    const load = new Load();
    const names = Object.keys(starters).filter((who) => who !== MOSQUITTO || protocol === 'mqtt');
    const rows = await cast.alternate(
      rounds,
      ({ targets, pid }) => {
        const to = targets[protocol];
        const job = { from: to, to, address: 'channel', window: WINDOW, pid };
        return load.run('throughput', { ...job, ...shape, warmupMs, measureMs });
      },
      names,
    );
    load.stop();
    const asked = before ? timesBefore(LEAST, 'msg/s') : timesPeer(LEAST, FREE);
    bench.add({ name, unit: 'msg/s', asked }, rows.map(throughputRow));
  }
  await cast.stop();
}

/**
 * @param {Bench} bench
 * @param {typeof JOINS} lines
 */
async function benchJoins(bench, lines) {
  const { rounds, profile, before } = bench.options;
  bench.begin({ title: TITLE, note: 'joins by token, beside those without a proof', more: 'processor time each' });
  /** @type {Starters<Server>} */
  const starters = {
    gateway: () => startGateway({ accounts: COUNT, profile }),
    [ANONYMOUS]: async () => withoutProof(await startGateway({ accounts: COUNT })),
    ...(before ? { [BEFORE]: () => startGateway({ main: before }) } : {}),
    [MOSQUITTO]: () => startMosquitto({ accounts: COUNT }),
  };
  const cast = await Cast.start(starters);
  for (const { name, protocol, count, atOnce, unit } of lines) {
    const names = Object.keys(starters).filter((who) => who !== MOSQUITTO || protocol === 'mqtt');
    /** @param {Server} server */
    const run = async ({ targets, pid }) => {
      const load = new Load();
      try {
        for (const each of [load.pid, pid]) requireFiles(each, atOnce);
        const joined = await load.run('joins', { to: targets[protocol], count, atOnce, pid });
        // Those who left are still being forgotten.
        await sleep(REST_MS);
        return joined;
      } finally {
        load.stop();
      }
    };
    // The first joins cost twice as much, until Node has compiled what they need.
    await cast.alternate(1, run, names);
    const rows = await cast.alternate(rounds, run, names);
    bench.add(
      { name, unit, asked: atMostTimesPeer(1.1, ANONYMOUS) },
      rows.map((row) => joinRow(row, unit)),
    );
  }
  await cast.stop();
}

/**
 * The same server for clients that bring no proof.
 * @param {Server} server
 */
function withoutProof(server) {
  for (const target of Object.values(server.targets)) delete target.accounts;
  return server;
}

/**
 * @param {Member<Joins>} member
 * @param {string} unit
 * @returns {Row}
 */
function joinRow({ who, results, problem }, unit) {
  if (problem) return { who, problem };
  const figure = summary(results.map(({ totalMs, serverMs }) => (unit === 's' ? totalMs / 1000 : serverMs)));
  const each = median(results.map(({ serverMs }) => serverMs));
  return { who, figure, more: `${each.toFixed(3)} ms`, rounds: results };
}

/**
 * @param {number} pid
 * @param {number} count
 */
function requireFiles(pid, count) {
  const limit = openFileLimit(pid);
  if (limit !== undefined && limit < count + 100) throw new Error(`run "ulimit -n ${count * 2}" first`);
}
