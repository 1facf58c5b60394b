import { BEFORE, below } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { startMosquitto, startPywayne, startRelay } from '../subjects/peers.mjs';
import { latencyRow } from './rows.mjs';

/** @import { Server } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

/** @type {Record<string, string>} */
const WIRES = { oocsi: 'OOCSI', crosscomm: 'CrossComm', mqtt: 'MQTT', 'oocsi-ws': 'OOCSI web' };

/**
 * The peers of each protocol, for messages that stay in its protocol.
 * @type {Record<string, string[]>}
 */
const PEERS = { oocsi: ['OOCSI relay'], crosscomm: ['CC relay', 'pywayne'], mqtt: ['bare aedes', 'mosquitto'] };

const ASKED = below(0.5, 'ms');
const TITLE = 'Latency';

function lines() {
  const pairs = [];
  for (const from of Object.keys(WIRES)) {
    for (const to of Object.keys(WIRES)) {
      pairs.push({ name: `${WIRES[from]} -> ${WIRES[to]}`, from, to, rate: 1000, asked: ASKED });
    }
  }
  return [{ name: 'OOCSI -> OOCSI at 500/s', from: 'oocsi', to: 'oocsi', rate: 500 }, ...pairs];
}

/**
 * From the sender's write to the receiver's read, at an even rate, between every two protocols.
 * @param {Bench} bench
 */
export async function benchLatency(bench) {
  const wanted = bench.wanted(TITLE, lines());
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile } = bench.options;
  bench.begin({ title: TITLE, note: 'at 1,000 messages a second', more: '99th percentile', showsLoss: true });
  const starters = bench.starters((main) => startGateway({ main, profile }), {
    'OOCSI relay': () => startRelay('oocsi', 'bare relay'),
    'CC relay': () => startRelay('crosscomm', 'bare relay'),
    pywayne: startPywayne,
    'bare aedes': () => startRelay('mqtt', 'bare aedes'),
    mosquitto: startMosquitto,
  });
  const cast = await Cast.start(starters);
  for (const line of wanted) {
    const load = new Load();
    const peers = line.from === line.to ? (PEERS[line.from] ?? []) : [];
    /** @param {Server} server */
    const run = ({ targets }) => {
      const address = line.from === 'crosscomm' && line.to === 'crosscomm' ? 'direct' : 'channel';
      const job = { from: targets[line.from], to: targets[line.to], rate: line.rate };
      return load.run('paced', { ...job, address, pairs: false, warmupMs, measureMs });
    };
    const rows = await cast.alternate(rounds, run, ['gateway', BEFORE, ...peers]);
    load.stop();
    bench.add({ ...line, unit: 'ms' }, rows.map(latencyRow));
  }
  await cast.stop();
}
