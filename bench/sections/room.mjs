import { atMost } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { median, summary } from '../stats.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';

/** @import { Room } from '../job-types.ts' */
/** @import { Member, Row, Server, Starters } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const TITLE = 'A room together';
const CLIENTS = 500;
const ASKED = atMost(10, '%');

const LINES = [
  { name: 'OOCSI, 500 clients with one beat and one awareness', protocol: 'oocsi' },
  { name: 'MQTT, 500 clients with one beat and one awareness', protocol: 'mqtt' },
];

/**
 * What it costs that 500 clients are told of ten pulses a second, and one of them of the states that all say.
 * @param {Bench} bench
 */
export async function benchRoom(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile, before } = bench.options;
  const note = "the gateway's processor time, of one core; ten pulses a second to each, 50 new states a second";
  bench.begin({ title: TITLE, note, more: 'told' });
  /** @type {Starters<Server>} */
  const starters = {
    gateway: () => startGateway({ profile }),
    ...(before ? { before: () => startGateway({ main: before }) } : {}),
  };
  const cast = await Cast.start(starters);
  for (const { name, protocol } of wanted) {
    const load = new Load();
    const rows = await cast.alternate(rounds, ({ targets, pid }) =>
      load.run('room', { to: targets[protocol], count: CLIENTS, pid, warmupMs, measureMs }),
    );
    load.stop();
    bench.add({ name, unit: '%', asked: ASKED }, rows.map(roomRow));
  }
  await cast.stop();
}

/**
 * @param {Member<Room>} member
 * @returns {Row}
 */
function roomRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const told = median(results.map(({ toldPerSecond }) => toldPerSecond));
  return {
    who,
    figure: summary(results.map(({ serverPercent }) => serverPercent)),
    more: `${Math.round(told).toLocaleString('en-US')} /s`,
    rounds: results,
  };
}
