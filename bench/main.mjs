import { writeFileSync } from 'node:fs';
import { Bench } from './bench.mjs';
import { disturbance, machineFacts } from './machine.mjs';
import { HELP, readOptions } from './options.mjs';
import { problemOf } from './problem.mjs';
import { dim, yellow } from './report/colour.mjs';
import { SECTIONS } from './sections/index.mjs';
import { isBuilt } from './subjects/gateway.mjs';

/** @import { Line, Options } from './types.ts' */

/**
 * The bench: every figure that the project promises, measured beside its peers.
 * @param {Options} options
 */
async function main(options) {
  const machine = machineFacts();
  const begun = performance.now();
  console.log(`${machine.cores} cores, ${machine.processor}, Node ${machine.node}, ${machine.system}`);
  console.log(
    `64-byte messages; each figure is the median of ${options.rounds} rounds that alternate between the servers`,
  );
  const disturbed = disturbance();
  if (disturbed) console.log(yellow(disturbed));
  const bench = new Bench(options);
  for (const { run } of SECTIONS) await run(bench);
  const { lines } = bench;
  /** @param {Line['verdict']} verdict */
  const count = (verdict) => lines.filter((line) => line.verdict === verdict).length;
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
  const outcome = `${count('ok') + count('floor')} ok, ${count('missed')} missed, ${count('unknown')} not measured`;
  console.log(`\n${outcome} ${dim(`(${minutes} minutes)`)}`);
  if (options.jsonFile) writeFileSync(options.jsonFile, `${JSON.stringify({ machine, lines }, null, 2)}\n`);
  process.exit(bench.incomplete ? 1 : 0);
}

/** What there is to measure, with the titles that --only matches. */
function listOfSections() {
  const lines = SECTIONS.map(({ titles, about }) => `  ${titles}\n      ${about}\n`);
  return `Sections, in their order; --only matches a title and the name of a line, such as "broker.*QoS 1":\n\n${lines.join('')}`;
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** @type {Options} */
let options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(problemOf(error));
  process.exit(2);
}
if (options.help) console.log(`${HELP}\n${listOfSections()}`);
else if (isBuilt()) await main(options);
else {
  console.error('The gateway is not built: run "npm run build" first.');
  process.exit(2);
}
