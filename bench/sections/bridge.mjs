import mqtt from 'mqtt';
import { timesPeer } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { startMosquitto } from '../subjects/peers.mjs';
import { flowRow } from './broker/messages.mjs';

/** @import { Bench } from '../bench.mjs' */
/** @import { Server, Target } from '../types.ts' */

const PEER = 'mosquitto bridge';
const ASKED = timesPeer(1, PEER);
const TITLE = 'A bridge to another broker';
const WINDOWS = { 0: 1024, 1: 500 };

const LINES = [
  { name: 'QoS 0, out', qos: /** @type {const} */ (0), way: 'out', asked: ASKED },
  { name: 'QoS 1, out', qos: /** @type {const} */ (1), way: 'out', asked: ASKED },
  { name: 'QoS 0, in', qos: /** @type {const} */ (0), way: 'in', asked: ASKED },
  { name: 'QoS 1, in', qos: /** @type {const} */ (1), way: 'in', asked: ASKED },
];

/**
 * Messages a second through a bridge: from a client of one broker to a client of a mosquitto, and back. Beside it, two mosquittos with a bridge
 * between them, both with their defaults but for the limit of their queues.
 * @param {Bench} bench
 */
export async function benchBridge(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile } = bench.options;
  bench.begin({ title: TITLE, note: '1 sender -> 1 receiver', more: 'processor', showsLoss: true });
  const cast = await Cast.start({
    ...bench.starters((main) => withFar((port) => startGateway({ main, profile, bridges: [bridgeTo(port)] }))),
    [PEER]: () => withFar((port) => startMosquitto({ bridgeTo: port })),
  });
  for (const line of wanted) {
    const load = new Load();
    const rows = await cast.alternate(rounds, ({ targets, pid }) => {
      const { near, far } = targets;
      const [from, to] = line.way === 'out' ? [near, far] : [far, near];
      const flow = { qos: line.qos, receivers: 1, hasOwnFilters: false, window: WINDOWS[line.qos] };
      return load.run('flow', { from, to, pid, ...flow, warmupMs, measureMs });
    });
    load.stop();
    bench.add({ ...line, unit: 'msg/s' }, rows.map(flowRow));
  }
  await cast.stop();
}

/** @param {number} port */
const bridgeTo = (port) => ({
  name: 'bench',
  url: `mqtt://127.0.0.1:${port}`,
  topics: [{ filter: '#', direction: 'both', qos: 1 }],
});

/**
 * A broker that bridges to a mosquitto, and that mosquitto.
 * @param {(port: number) => Promise<Server>} start is given the mosquitto's port
 * @returns {Promise<Server>}
 */
async function withFar(start) {
  const far = await startMosquitto();
  const near = await start(far.targets.mqtt.port);
  const stopNear = near.stop.bind(near);
  near.targets = { near: near.targets.mqtt, far: far.targets.mqtt };
  near.stop = async () => {
    await stopNear();
    await far.stop();
  };
  await bridged(near.targets.near, near.targets.far);
  return near;
}

/**
 * Waits until messages pass in both directions.
 * @param {Target} near
 * @param {Target} far
 */
async function bridged(near, far) {
  const ends = await Promise.all(
    [near, far].map(({ host, port }) => mqtt.connectAsync({ host, port, clean: true, protocolVersion: 4 })),
  );
  for (const [index, end] of ends.entries()) {
    const topic = `ready/${index}`;
    await end.subscribeAsync(topic);
    const heard = new Promise((resolve) => end.once('message', resolve));
    const other = ends[1 - index];
    const saying = setInterval(() => other?.publish(topic, 'ready'), 50);
    await heard;
    clearInterval(saying);
  }
  await Promise.all(ends.map((end) => end.endAsync()));
}
