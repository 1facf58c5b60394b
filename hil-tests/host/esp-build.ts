import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { sketchFolder } from '../support/sketch-folder.ts';

const run = promisify(execFile);

const ROOT = resolve(import.meta.dirname, '../..');
/** Outside of what git sees; what has not changed is not compiled again. */
const BUILD_DIRECTORY = join(ROOT, '.cache/host');

export type EspModel = 'esp32' | 'esp8266';

/**
 * Builds the sketch in `folder` (absolute, or the name of one of the project's sketches) as a program of this computer, and
 * returns its path. Warnings are errors.
 */
export async function buildEspSketch(folder: string, board: EspModel): Promise<string> {
  const sketch = sketchFolder(folder);
  await mkdir(BUILD_DIRECTORY, { recursive: true });
  const args = ['-s', '-j2', '-C', import.meta.dirname, `OUT=${BUILD_DIRECTORY}`, `BOARD=${board}`, `SKETCH=${sketch}`];
  try {
    // Test files run side by side: one make at a time has the directory.
    await run('flock', [join(BUILD_DIRECTORY, '.lock'), 'make', ...args, 'sketch']);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(`${basename(sketch)} does not compile for ${board}:\n${stderr || message}`, { cause: error });
  }
  return join(BUILD_DIRECTORY, board, basename(sketch));
}
