import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);

const FUZZERS = join(import.meta.dirname, 'fuzz');
/** Outside of what git sees; what has not changed is not compiled again. */
const BUILD = resolve(import.meta.dirname, '../../../.cache/arduino-fuzz');

/** Where a fuzzer puts the input that it failed with. */
let artifacts: string;

beforeAll(async () => {
  artifacts = await mkdtemp(join(tmpdir(), 'crosscomm-fuzz-'));
  await mkdir(BUILD, { recursive: true });
  await run('flock', [join(BUILD, '.lock'), 'make', '-s', '-j2', '-C', FUZZERS, `OUT=${BUILD}`]);
}, 300_000);

afterAll(() => rm(artifacts, { recursive: true }));

/** A short run, the same each time; `npm run fuzz` looks for longer. */
async function fuzz(name: string, runs: number): Promise<string> {
  const args = [`-runs=${runs}`, '-seed=1', '-max_len=512', '-detect_leaks=0', `-artifact_prefix=${artifacts}/`];
  const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0:quarantine_size_mb=16' };
  // A failure's report is on standard error, which the error of a non-zero end shows.
  const { stderr } = await run(join(BUILD, name), [...args, join(BUILD, 'corpus', name)], {
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stderr;
}

describe('the Arduino library, fuzzed under sanitizers', { timeout: 300_000 }, () => {
  it('reads any bytes as frame and as serial line without harm', async () => {
    expect(await fuzz('decoder', 100_000)).toMatch(/^Done \d+ runs/m);
  });

  it('sends frames only, with numbers without gaps, whatever the line brings and the sketch does', async () => {
    expect(await fuzz('session', 50_000)).toMatch(/^Done \d+ runs/m);
  });
});
