import { atMost } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { summary } from '../stats.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { watchByFilters } from '../subjects/watchers.mjs';
import { throughputRow } from './rows.mjs';
import { WINDOW } from './throughput.mjs';

/** @import { Throughput } from '../job-types.ts' */
/** @import { Member, Row } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const TITLE = 'Wildcards';
const FILTERS = 20_000;
const ONE_TO_ONE = { senders: 1, receivers: 1, pairs: false };
const ASKED = atMost(0.1, 'ms');

const LINES = [
  { name: '20,000 others, by OOCSI', protocol: 'oocsi', asked: ASKED },
  { name: '20,000 others, by CrossComm', protocol: 'crosscomm', asked: ASKED },
];

/**
 * What a message costs from one sender to one receiver while others subscribe to 20,000 topic filters, none of which matches it.
 * @param {Bench} bench
 */
export async function benchWildcards(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile } = bench.options;
  bench.begin({ title: TITLE, note: 'a message, beside 20,000 topic filters', more: 'deliveries', showsLoss: true });
  /** @type {(() => void)[]} */
  const ends = [];
  /** @param {string} main */
  const start = async (main) => {
    const server = await startGateway({ main, profile });
    ends.push(await watchByFilters(server.targets, FILTERS));
    return server;
  };
  const cast = await Cast.start(bench.starters(start));
  for (const line of wanted) {
    const load = new Load();
    const rows = await cast.alternate(rounds, ({ targets, pid }) => {
      const target = targets[line.protocol];
      const job = { from: target, to: target, address: 'channel', window: WINDOW, pid };
      return load.run('throughput', { ...job, ...ONE_TO_ONE, warmupMs, measureMs });
    });
    load.stop();
    bench.add({ ...line, unit: 'ms' }, rows.map(costRow));
  }
  for (const end of ends) end();
  await cast.stop();
}

/**
 * A row of what a message costs, in ms.
 * @param {Member<Throughput>} member
 * @returns {Row}
 */
function costRow(member) {
  const row = throughputRow(member);
  if (row.problem) return row;
  return { ...row, figure: summary(member.results.map(({ messagesPerSecond }) => 1000 / messagesPerSecond)) };
}
