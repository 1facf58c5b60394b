import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
/** They take all of a processor for seconds, and minutes where others want it as well. */
const CHECKED = { timeout: 300_000 };

/** Looks at every state that a model can come to; the errors that were found. */
async function check(model: string, defines: string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'crosscomm-'));
  try {
    const inFolder = { cwd: folder };
    await run('spin', [...defines.map((each) => `-D${each}`), '-a', join(import.meta.dirname, model)], inFolder);
    await run('cc', ['-O1', '-w', '-DSAFETY', '-DCOLLAPSE', '-DMEMLIM=1000', '-o', 'pan', 'pan.c'], inFolder);
    const { stdout } = await run(join(folder, 'pan'), ['-m100000', '-w20'], inFolder);
    // A search that ended early has proved nothing.
    expect(stdout).not.toMatch(/not completed.*\n.*(?:memory|depth)|max search depth too small|out of memory/i);
    return Number(/errors: (\d+)/.exec(stdout)?.[1]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('messages that must arrive, whatever is cut, refused, killed or late', CHECKED, () => {
  it.each([
    ['of one run of a gateway, and of the one after a kill', []],
    ['behind what an earlier run left', ['LEFT', 'MESSAGES=4', 'FAULTS=1']],
  ])('are read once and in their order, %s', async (_, defines) => {
    expect(await check('kept.pml', defines)).toBe(0);
  });

  it.each([
    ['readers take what comes, with gaps', ['TAKE_WHAT_COMES']],
    ['a chain does not begin with one alone', ['LEFT', 'MESSAGES=4', 'FAULTS=1', 'BEGIN_IN_MIDST']],
  ])('would not, if %s', async (_, defines) => {
    expect(await check('kept.pml', defines)).toBeGreaterThan(0);
  });
});

describe('an id that several gateways have', CHECKED, () => {
  it.each([
    ['two gateways, five events', ['EVENTS=5']],
    ['three gateways, three events', ['GATEWAYS=3', 'EVENTS=3']],
  ])('is in the end with exactly one, as all know: %s', async (_, defines) => {
    expect(await check('ids.pml', defines)).toBe(0);
  });

  it.each([
    ['who writes last has it', ['EVENTS=3', 'WHO_WRITES_LAST']],
    ['a clock that is set back counts as it is', ['EVENTS=5', 'BY_THE_CLOCK']],
  ])('would not be, if %s', async (_, defines) => {
    expect(await check('ids.pml', defines)).toBeGreaterThan(0);
  });
});
