import { timesPeer } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { speaksOsc, startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { startMosquitto, startPywayne, startRelay } from '../subjects/peers.mjs';
import { throughputRow } from './rows.mjs';

/** @import { Shape } from '../job-types.ts' */
/** @import { Asked, Server, Starters } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

/** How many messages may be outstanding, all senders together. */
export const WINDOW = 1024;

const RELAY = 'bare relay';
const AEDES = 'bare aedes';

/** Who sends to whom. */
const ONE_TO_ONE = { senders: 1, receivers: 1, pairs: false };
const ONE_TO_TEN = { senders: 1, receivers: 10, pairs: false };
const TEN_TO_ONE = { senders: 10, receivers: 1, pairs: false };
const TEN_PAIRS = { senders: 10, receivers: 10, pairs: true };

/** @typedef {{ name: string, shape: Shape, address: string, asked: Asked }} ThroughputLine */

/** @type {{ title: string, protocol: string, peers: Starters<Server>, lines: ThroughputLine[] }[]} */
const SECTIONS = [
  {
    title: 'OOCSI',
    protocol: 'oocsi',
    peers: { [RELAY]: () => startRelay('oocsi', RELAY) },
    lines: [
      { name: '1 sender -> 1 receiver', shape: ONE_TO_ONE, address: 'channel', asked: timesPeer(0.6, RELAY) },
      { name: '10 senders -> 1 receiver', shape: TEN_TO_ONE, address: 'channel', asked: timesPeer(0.6, RELAY) },
      { name: '10 senders -> 1 each', shape: TEN_PAIRS, address: 'channel', asked: timesPeer(0.6, RELAY) },
      { name: '1 sender -> 10 receivers', shape: ONE_TO_TEN, address: 'channel', asked: timesPeer(1, RELAY) },
    ],
  },
  {
    title: 'CrossComm',
    protocol: 'crosscomm',
    peers: { [RELAY]: () => startRelay('crosscomm', RELAY), pywayne: startPywayne },
    lines: [
      { name: '1 sender -> 1 receiver', shape: ONE_TO_ONE, address: 'direct', asked: timesPeer(0.6, RELAY) },
      { name: '1 sender -> 10 receivers', shape: ONE_TO_TEN, address: 'all', asked: timesPeer(1, RELAY) },
    ],
  },
  {
    title: 'MQTT',
    protocol: 'mqtt',
    peers: { [AEDES]: () => startRelay('mqtt', AEDES), mosquitto: startMosquitto },
    lines: [
      { name: '1 sender -> 1 receiver', shape: ONE_TO_ONE, address: 'channel', asked: timesPeer(1.2, AEDES) },
      { name: '1 sender -> 10 receivers', shape: ONE_TO_TEN, address: 'channel', asked: timesPeer(1.2, AEDES) },
    ],
  },
  {
    title: 'Open Sound Control by TCP',
    protocol: 'osc',
    peers: { [RELAY]: () => startRelay('osc', RELAY) },
    lines: [
      { name: '1 sender -> 1 receiver', shape: ONE_TO_ONE, address: 'channel', asked: timesPeer(0.6, RELAY) },
      { name: '1 sender -> 10 receivers', shape: ONE_TO_TEN, address: 'channel', asked: timesPeer(1, RELAY) },
    ],
  },
];

/**
 * Messages and deliveries a second within one protocol, the gateway beside its peers.
 * @param {Bench} bench
 */
export async function benchThroughput(bench) {
  for (const section of SECTIONS) await benchProtocol(bench, section);
}

/**
 * @param {Bench} bench
 * @param {{ title: string, protocol: string, peers: Starters<Server>, lines: ThroughputLine[] }} section
 */
async function benchProtocol(bench, { title, protocol, peers, lines }) {
  const wanted = bench.wanted(title, lines);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile, before } = bench.options;
  const osc = protocol === 'osc';
  // There is nothing to compare with a build from before it was there.
  if (osc && before && !speaksOsc(before)) return;
  bench.begin({ title, note: 'messages a second, as many as it takes', more: 'deliveries', showsLoss: true });
  const cast = await Cast.start(bench.starters((main) => startGateway({ main, profile, osc }), peers));
  for (const line of wanted) {
    const { senders } = line.shape;
    const load = new Load();
    const rows = await cast.alternate(rounds, (server) => {
      const target = server.targets[protocol];
      const window = Math.ceil(WINDOW / senders);
      const job = { from: target, to: target, address: line.address, window, pid: server.pid };
      return load.run('throughput', { ...job, ...line.shape, warmupMs, measureMs });
    });
    load.stop();
    bench.add({ ...line, unit: 'msg/s' }, rows.map(throughputRow));
  }
  await cast.stop();
}
