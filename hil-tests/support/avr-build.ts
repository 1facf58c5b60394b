import { execFile } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { sketchFolder } from './sketch-folder.ts';

const run = promisify(execFile);

const ROOT = resolve(import.meta.dirname, '../..');
const MAKEFILE_DIRECTORY = join(ROOT, 'hil-tests/avr');
/** Outside of what git sees; firmware is built once and kept. */
const BUILD_DIRECTORY = process.env.CROSSCOMM_AVR_BUILD ?? join(ROOT, '.cache/avr');

export type BoardModel = 'uno' | 'mega';

/** simavr's names of the boards' chips. */
export const CHIPS: Record<BoardModel, string> = { uno: 'atmega328p', mega: 'atmega2560' };

const NEEDED = [
  '/usr/bin/make',
  '/usr/bin/cc',
  '/usr/bin/avr-gcc',
  '/usr/include/simavr/sim_avr.h',
  '/usr/share/arduino/hardware/arduino/avr/cores',
];

/** Throws an error that says what to install where the tools for AVR boards are not all there. */
async function requireTools(): Promise<void> {
  for (const path of NEEDED) {
    await access(path).catch(() => {
      throw new Error(
        `${path} is missing, so no Arduino firmware can be built and run. On Debian: ` +
          'apt-get install --no-install-recommends make gcc libc6-dev gcc-avr avr-libc arduino-core-avr simavr libsimavr-dev',
      );
    });
  }
}

/** Builds what is not built yet. Test files run side by side: one make at a time has the directory. */
async function make(args: string[]): Promise<void> {
  await requireTools();
  await mkdir(BUILD_DIRECTORY, { recursive: true });
  const lock = join(BUILD_DIRECTORY, '.lock');
  try {
    await run('flock', [lock, 'make', '-s', '-C', MAKEFILE_DIRECTORY, `OUT=${BUILD_DIRECTORY}`, ...args]);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(`make ${args.join(' ')} failed:\n${stderr || message}`, { cause: error });
  }
}

/** Builds the simulator and returns its path. */
export async function buildSimulator(): Promise<string> {
  await make(['simulator']);
  return join(BUILD_DIRECTORY, 'simavr-pty');
}

/** Builds a sketch and returns the path of its firmware: `elf` for the simulator, `hex` (Intel) for a board. */
export async function buildSketch(folder: string, board: BoardModel, format: 'elf' | 'hex' = 'elf'): Promise<string> {
  const sketch = sketchFolder(folder);
  await make([format === 'elf' ? 'sketch' : 'hex', `BOARD=${board}`, `SKETCH=${sketch}`]);
  return join(BUILD_DIRECTORY, board, `${basename(sketch)}.${format}`);
}
