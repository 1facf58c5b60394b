import { timesPeer } from '../asked.mjs';
import { alternateNew } from '../cast.mjs';
import { summary } from '../stats.mjs';
import { TwoEnds } from '../subjects/gateways.mjs';

/** @import { Bench } from '../bench.mjs' */
/** @import { Kind } from '../load/gateways/ends.mjs' */
/** @import { Member, Row } from '../types.ts' */

const TITLE = 'From gateway to gateway';
/** Each round has processes of its own, whose code is compiled first. */
const LEAST_WARMUP_MS = 4000;

/** @type {{ name: string, isKept: boolean, peer: Kind, asked: ReturnType<typeof timesPeer> }[]} */
const LINES = [
  { name: 'QoS 0', isKept: false, peer: 'NATS client', asked: timesPeer(0.8, 'NATS client') },
  { name: 'QoS 1, beside js.publish', isKept: true, peer: 'js.publish', asked: timesPeer(1.5, 'js.publish') },
  { name: 'QoS 1, beside an own inbox', isKept: true, peer: 'own inbox', asked: timesPeer(0.5, 'own inbox') },
];

/**
 * Messages a second from the hub of one gateway to that of another, without a client protocol at the ends, beside clients of NATS that keep nothing.
 * @param {Bench} bench
 */
export async function benchGateways(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs } = bench.options;
  bench.begin({ title: TITLE, note: '1 hub -> 1 hub, by one NATS server', showsLoss: true });
  for (const { name, isKept, peer, asked } of wanted) {
    const starters = bench.starters((main) => TwoEnds.start('gateway', isKept, main), {
      [peer]: () => TwoEnds.start(peer, isKept, ''),
    });
    const rows = await alternateNew(starters, rounds, (two) =>
      two.run({ warmupMs: Math.max(warmupMs, LEAST_WARMUP_MS), measureMs }),
    );
    bench.add({ name, unit: 'msg/s', asked }, rows.map(rowOf));
  }
}

/**
 * @param {Member<{ messagesPerSecond: number, lost: number, duplicated: number }>} member
 * @returns {Row}
 */
function rowOf({ who, results, problem }) {
  if (problem) return { who, problem };
  const sum = (/** @type {'lost' | 'duplicated'} */ key) => results.reduce((total, result) => total + result[key], 0);
  const figure = summary(results.map(({ messagesPerSecond }) => messagesPerSecond));
  return { who, figure, lost: sum('lost'), duplicated: sum('duplicated'), rounds: results };
}
