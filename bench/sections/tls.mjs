import { atMostTimesPeer, timesPeer } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { summary } from '../stats.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { startMosquitto } from '../subjects/peers.mjs';
import { throughputRow } from './rows.mjs';
import { WINDOW } from './throughput.mjs';

/** @import { Handshakes, Member, Row, TlsVersion } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const TITLE = 'TLS';
const MOSQUITTO = 'mosquitto';
const FULL = 'full handshake';
const HANDSHAKES = 500;

const MESSAGES = [
  { name: '1 sender -> 1 receiver, MQTT', shape: { senders: 1, receivers: 1, pairs: false } },
  { name: '1 sender -> 10 receivers, MQTT', shape: { senders: 1, receivers: 10, pairs: false } },
];

/** @type {{ name: string, version: TlsVersion }[]} */
const RESUMED = [
  { name: 'resumed handshake, TLS 1.2', version: 'TLSv1.2' },
  { name: 'resumed handshake, TLS 1.3', version: 'TLSv1.3' },
];

/**
 * Messages by TLS beside mosquitto, and what a handshake costs the server that resumes a session, beside one that does not.
 * @param {Bench} bench
 */
export async function benchTls(bench) {
  const messages = bench.wanted(TITLE, MESSAGES);
  const handshakes = bench.wanted(TITLE, RESUMED);
  if (messages.length > 0) await benchMessages(bench, messages);
  if (handshakes.length > 0) await benchHandshakes(bench, handshakes);
}

/**
 * @param {Bench} bench
 * @param {typeof MESSAGES} lines
 */
async function benchMessages(bench, lines) {
  const { rounds, warmupMs, measureMs, profile } = bench.options;
  const note = 'MQTT by TLS 1.3, ECDSA P-256; messages a second, as many as it takes';
  bench.begin({ title: TITLE, note, more: 'deliveries', showsLoss: true });
  const cast = await Cast.start({
    gateway: () => startGateway({ tls: true, profile }),
    [MOSQUITTO]: () => startMosquitto({ tls: true }),
  });
  for (const { name, shape } of lines) {
    const load = new Load();
    const rows = await cast.alternate(rounds, ({ targets: { mqtts: to }, pid }) => {
      const job = { from: to, to, address: 'channel', window: WINDOW, pid };
      return load.run('throughput', { ...job, ...shape, warmupMs, measureMs });
    });
    load.stop();
    bench.add({ name, unit: 'msg/s', asked: timesPeer(1, MOSQUITTO) }, rows.map(throughputRow));
  }
  await cast.stop();
}

/**
 * @param {Bench} bench
 * @param {typeof RESUMED} lines
 */
async function benchHandshakes(bench, lines) {
  bench.begin({ title: TITLE, note: "the server's processor time of a handshake", more: 'client waits' });
  /** @type {Set<unknown>} */
  const full = new Set();
  const cast = await Cast.start({
    gateway: () => startGateway({ tls: true }),
    [FULL]: async () => {
      const server = await startGateway({ tls: true });
      full.add(server);
      return server;
    },
  });
  for (const { name, version } of lines) {
    const load = new Load();
    const rows = await cast.alternate(bench.options.rounds, (server) => {
      const job = { to: server.targets.mqtts, count: HANDSHAKES, version, pid: server.pid };
      return load.run('handshakes', { ...job, isResumed: !full.has(server) });
    });
    load.stop();
    bench.add({ name, unit: 'ms', asked: atMostTimesPeer(1, FULL) }, rows.map(handshakeRow));
  }
  await cast.stop();
}

/**
 * @param {Member<Handshakes>} member
 * @returns {Row}
 */
function handshakeRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const each = summary(results.map(({ clientMs }) => clientMs)).median;
  const figure = summary(results.map(({ serverMs }) => serverMs));
  return { who, figure, more: `${each.toFixed(2)} ms`, rounds: results };
}
