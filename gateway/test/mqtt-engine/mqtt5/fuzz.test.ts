import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fuzzer, parseCorpus } from '@crosscomm/testing/fuzzing';
import { describe, expect, it } from 'vitest';
import { target } from './session.fuzz.ts';

const RUNS = 100;
/** Of the corpus, so that it does not take long. */
const SHARE = 5;

describe('sessions of our own core, fuzzed,', () => {
  // `npm run fuzz` looks for longer.
  it('take whatever clients do, lose and double nothing, and leave nothing', async () => {
    const all = parseCorpus(await readFile(join(import.meta.dirname, 'session.corpus.txt'), 'utf8'));
    const corpus = all.filter((_, index) => index % SHARE === 0);
    const fuzzer = await Fuzzer.open(target, corpus, 1);
    for (let run = 0; run < RUNS; run++) await fuzzer.step();
    expect(fuzzer.kept().length).toBeGreaterThanOrEqual(corpus.length / 2);
    // Nothing is waited for: it is work of the processor, which may have other things to do.
  }, 300_000);
});
