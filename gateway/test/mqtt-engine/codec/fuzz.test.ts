import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fuzzer, parseCorpus } from '@crosscomm/testing/fuzzing';
import { describe, expect, it } from 'vitest';
import { target } from './reader.fuzz.ts';

const RUNS = 5000;

describe('the reader, fuzzed,', () => {
  // `npm run fuzz` looks for longer.
  it('takes any bytes, however they are cut, and what it reads can be written', async () => {
    const corpus = parseCorpus(await readFile(join(import.meta.dirname, 'reader.corpus.txt'), 'utf8'));
    const fuzzer = await Fuzzer.open(target, corpus, 1);
    for (let run = 0; run < RUNS; run++) await fuzzer.step();
    expect(fuzzer.kept().length).toBeGreaterThanOrEqual(corpus.length / 2);
  });
});
