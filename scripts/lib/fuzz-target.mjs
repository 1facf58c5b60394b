// node scripts/lib/fuzz-target.mjs TARGET SECONDS: looks for inputs with which a target of our own fails, such as
// gateway/test/mqtt-engine/codec/reader: its rules are in reader.fuzz.ts, and what it goes on from, and adds to, in reader.corpus.txt.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { cacheFolder, tell } from './progress.mjs';
import { ROOT } from './root.mjs';

const RUNS_AT_ONCE = 500;
const MAX_CORPUS_BYTES = 150_000;

const [path, seconds] = process.argv.slice(2);
const name = basename(path);
const folder = join(cacheFolder(), 'fuzz');
mkdirSync(folder, { recursive: true });
const { Fuzzer, parseCorpus } = await load('gateway/testing/fuzzing.ts');
const { target } = await load(`${path}.fuzz.ts`);

const corpusFile = join(ROOT, `${path}.corpus.txt`);
const endMs = performance.now() + Number(seconds) * 1000;
let runs = 0;
/** @type {{ kept(): Buffer[] } | undefined} */
let known;
try {
  const fuzzer = await Fuzzer.open(target, parseCorpus(readFileSync(corpusFile, 'utf8')), Date.now() | 0);
  known = fuzzer;
  while (performance.now() < endMs) {
    for (let run = 0; run < RUNS_AT_ONCE; run++) await fuzzer.step();
    runs += RUNS_AT_ONCE;
  }
  tell(`${name}: ${runs} runs without a fault; ${keep()} inputs are in ${corpusFile}.`);
} catch (error) {
  keep();
  tell(`${name}: a fault after ${runs} runs, ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** Writes down what was learned; how many inputs it is. */
function keep() {
  const lines = (known?.kept() ?? []).map((input) => `${input.toString('hex')}\n`);
  if (known !== undefined && lines.join('').length <= MAX_CORPUS_BYTES) writeFileSync(corpusFile, lines.join(''));
  return lines.length;
}

/**
 * A module, made of TypeScript.
 * @param {string} file
 */
async function load(file) {
  const output = join(folder, `${basename(file, '.ts')}.mjs`);
  const bundle = await rolldown({ input: join(ROOT, file), cwd: ROOT, platform: 'node', tsconfig: false });
  await bundle.write({ file: output, format: 'esm' });
  return await import(pathToFileURL(output).href);
}
