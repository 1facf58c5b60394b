import { timesPeer } from '../asked.mjs';
import { alternateNew } from '../cast.mjs';
import { summary } from '../stats.mjs';
import { FILE_BYTES, gatewaysWithFile, objectStore } from '../subjects/gateway-files.mjs';
import { watchMemory } from '../watch-memory.mjs';

/** @import { Bench } from '../bench.mjs' */
/** @import { Member, Row } from '../types.ts' */

const TITLE = 'Files of another gateway';
const STORE = 'Object Store';
const READS = 4;

/**
 * A file that one gateway has, read at another by HTTP, beside the Object Store of NATS and its client.
 * @param {Bench} bench
 */
export async function benchGatewayFiles(bench) {
  const line = { name: '64 MiB, read by HTTP', unit: 'MB/s', asked: timesPeer(3, STORE) };
  if (bench.wanted(TITLE, [line]).length === 0) return;
  bench.begin({ title: TITLE, note: 'one after another, by one NATS server', more: 'memory of the reader' });
  const starters = bench.starters(gatewaysWithFile, { [STORE]: objectStore });
  const rows = await alternateNew(starters, bench.options.rounds, readOften);
  bench.add(line, rows.map(rowOf));
}

/** @param {{ pid?: number | undefined, read(): Promise<number> }} two */
async function readOften({ pid, read }) {
  await read();
  const { result: seconds, rose } = await watchMemory({ pid: /** @type {number} */ (pid) }, async () => {
    const begun = performance.now();
    for (let each = 0; each < READS; each++) {
      const bytes = await read();
      if (bytes !== FILE_BYTES) throw new Error(`${bytes} bytes came of ${FILE_BYTES}`);
    }
    return (performance.now() - begun) / 1000;
  });
  return { rate: (READS * FILE_BYTES) / 1e6 / seconds, rose };
}

/**
 * @param {Member<{ rate: number, rose: number }>} member
 * @returns {Row}
 */
function rowOf({ who, results, problem }) {
  if (problem) return { who, problem };
  const rose = Math.max(...results.map((round) => round.rose));
  return { who, figure: summary(results.map(({ rate }) => rate)), more: `+${Math.round(rose)} MB` };
}
