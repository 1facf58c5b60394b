import { BEFORE, timesBefore, timesPeer } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { throughputRow } from './rows.mjs';
import { WINDOW } from './throughput.mjs';

/** @import { Server, Starters } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const TITLE = 'Automations';
const NONE = 'no automation';
/** The least share of the speed without any. */
const LEAST = 0.97;
const ONE_TO_ONE = { senders: 1, receivers: 1, pairs: false };

/** Half of them look at one channel, half at a topic filter; none at what is sent here. */
const AUTOMATIONS = Array.from({ length: 100 }, (_, number) => ({
  name: `other-${number}`,
  when: number % 2 === 0 ? `rooms/${number}/climate` : `rooms/${number}/+/climate`,
  if: 'celsius > 26',
  edge: 'rising',
  send: [{ channel: 'fan', body: { on: true } }],
}));

const LINES = [
  { name: '100 that match nothing, MQTT', protocol: 'mqtt' },
  { name: '100 that match nothing, OOCSI', protocol: 'oocsi' },
];

/**
 * What automations cost messages that none of them looks at, beside the same gateway without any.
 * @param {Bench} bench
 */
export async function benchAutomations(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile, before } = bench.options;
  bench.begin({
    title: TITLE,
    note: '1 sender -> 1 receiver, as fast as it takes',
    more: 'deliveries',
    showsLoss: true,
  });
  /** @type {Starters<Server>} */
  const starters = {
    gateway: () => startGateway({ profile, automations: AUTOMATIONS }),
    ...(before ? { [BEFORE]: () => startGateway({ main: before }) } : {}),
    [NONE]: () => startGateway({}),
  };
  const cast = await Cast.start(starters);
  for (const { name, protocol } of wanted) {
    const load = new Load();
    const rows = await cast.alternate(rounds, ({ targets, pid }) => {
      const to = targets[protocol];
      const job = { from: to, to, address: 'channel', window: WINDOW, pid };
      return load.run('throughput', { ...job, ...ONE_TO_ONE, warmupMs, measureMs });
    });
    load.stop();
    const asked = before ? timesBefore(LEAST, 'msg/s') : timesPeer(LEAST, NONE);
    bench.add({ name, unit: 'msg/s', asked }, rows.map(throughputRow));
  }
  await cast.stop();
}
