import { BEFORE, timesBefore, timesPeer } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { throughputRow } from './rows.mjs';
import { WINDOW } from './throughput.mjs';

/** @import { Server, Starters } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const TITLE = 'History';
const FORGETFUL = 'no history';
/** The least share of the speed without a history. */
const LEAST = 0.95;
const CHANNELS = 100;
const PAIRS = { senders: CHANNELS, receivers: CHANNELS, pairs: true };

const LINES = [
  { name: 'MQTT, 100 channels', protocol: 'mqtt' },
  { name: 'OOCSI, 100 channels', protocol: 'oocsi' },
];

/**
 * What it costs to remember what 100 channels say, beside the same gateway that remembers nothing.
 * @param {Bench} bench
 */
export async function benchHistory(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile, before } = bench.options;
  const note = 'all channels remembered; messages a second, as many as it takes';
  bench.begin({ title: TITLE, note, more: 'deliveries', showsLoss: true });
  /** @type {Starters<Server>} */
  const starters = {
    gateway: () => startGateway({ profile, settings: { history: { channels: ['#'] } } }),
    ...(before ? { [BEFORE]: () => startGateway({ main: before }) } : {}),
    [FORGETFUL]: () => startGateway({ settings: { history: { maxBytes: 0 } } }),
  };
  const cast = await Cast.start(starters);
  for (const { name, protocol } of wanted) {
    const load = new Load();
    const rows = await cast.alternate(rounds, ({ targets, pid }) => {
      const to = targets[protocol];
      const job = { from: to, to, address: 'channel', window: WINDOW, pid };
      return load.run('throughput', { ...job, ...PAIRS, warmupMs, measureMs });
    });
    load.stop();
    const asked = before ? timesBefore(LEAST, 'msg/s') : timesPeer(LEAST, FORGETFUL);
    bench.add({ name, unit: 'msg/s', asked }, rows.map(throughputRow));
  }
  await cast.stop();
}
