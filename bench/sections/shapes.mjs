import { BEFORE, timesBefore, timesPeer } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { throughputRow } from './rows.mjs';
import { WINDOW } from './throughput.mjs';

/** @import { Server, Starters } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const TITLE = 'Shapes';
const IGNORANT = 'learns nothing';
/** The least share of the speed of a gateway that learns nothing. */
const LEAST = 0.95;
const ONE_TO_ONE = { senders: 1, receivers: 1, pairs: false };
const PAIRS = { senders: 100, receivers: 100, pairs: true };

const LINES = [
  { name: 'MQTT, 1 sender -> 1 receiver', protocol: 'mqtt', shape: ONE_TO_ONE },
  { name: 'MQTT, 100 channels', protocol: 'mqtt', shape: PAIRS },
  { name: 'OOCSI, 100 channels', protocol: 'oocsi', shape: PAIRS },
];

/**
 * What it costs to learn what channels carry, beside the same gateway that learns nothing.
 * @param {Bench} bench
 */
export async function benchShapes(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile, before } = bench.options;
  const note = 'what channels carry is learnt; messages a second, as many as it takes';
  bench.begin({ title: TITLE, note, more: 'deliveries', showsLoss: true });
  /** @type {Starters<Server>} */
  const starters = {
    gateway: () => startGateway({ profile }),
    ...(before ? { [BEFORE]: () => startGateway({ main: before }) } : {}),
    [IGNORANT]: () => startGateway({ settings: { limits: { maxShapes: 0 } } }),
  };
  const cast = await Cast.start(starters);
  for (const { name, protocol, shape } of wanted) {
    const load = new Load();
    const rows = await cast.alternate(rounds, ({ targets, pid }) => {
      const to = targets[protocol];
      const job = { from: to, to, address: 'channel', window: WINDOW, pid };
      return load.run('throughput', { ...job, ...shape, warmupMs, measureMs });
    });
    load.stop();
    const asked = before ? timesBefore(LEAST, 'msg/s') : timesPeer(LEAST, IGNORANT);
    bench.add({ name, unit: 'msg/s', asked }, rows.map(throughputRow));
  }
  await cast.stop();
}
