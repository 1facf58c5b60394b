import { atLeast } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { throughputRow } from './rows.mjs';
import { WINDOW } from './throughput.mjs';

/** @import { Bench } from '../bench.mjs' */

const ASKED = atLeast(20_000, 'msg/s');

const LINES = [
  { name: 'MQTT -> OOCSI', from: 'mqtt', to: 'oocsi', asked: ASKED },
  { name: 'MQTT -> CrossComm', from: 'mqtt', to: 'crosscomm', asked: ASKED },
  { name: 'OOCSI -> MQTT', from: 'oocsi', to: 'mqtt', asked: ASKED },
  { name: 'CrossComm -> MQTT', from: 'crosscomm', to: 'mqtt', asked: ASKED },
  { name: 'OOCSI -> CrossComm', from: 'oocsi', to: 'crosscomm' },
  { name: 'CrossComm -> OOCSI', from: 'crosscomm', to: 'oocsi' },
];

const TITLE = 'From one protocol to another';

/**
 * Messages a second from a client of one protocol to a client of another; no peer does that.
 * @param {Bench} bench
 */
export async function benchBridges(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile } = bench.options;
  bench.begin({ title: TITLE, note: '1 sender -> 1 receiver', more: 'deliveries', showsLoss: true });
  const cast = await Cast.start(bench.starters((main) => startGateway({ main, profile })));
  for (const line of wanted) {
    const load = new Load();
    const rows = await cast.alternate(rounds, ({ targets, pid }) =>
      load.run('throughput', {
        from: targets[line.from],
        to: targets[line.to],
        senders: 1,
        receivers: 1,
        pairs: false,
        address: 'channel',
        window: WINDOW,
        pid,
        warmupMs,
        measureMs,
      }),
    );
    load.stop();
    bench.add({ ...line, unit: 'msg/s' }, rows.map(throughputRow));
  }
  await cast.stop();
}
