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

/** Of a sketch that can be built in several ways. */
export interface EspVariant {
  /** The library whose header is PubSubClient.h. Default: PubSubClient, which is 2.8. */
  pubSub?: 'PubSubClient' | 'PubSubClient3';
  /** What is defined before the sketch begins, such as LINK=OWN. */
  defines?: string[];
}

/**
 * Builds the sketch in `folder` (absolute, or the name of one of the project's sketches) as a program of this computer, and
 * returns its path. Warnings are errors.
 */
export async function buildEspSketch(folder: string, board: EspModel, variant: EspVariant = {}): Promise<string> {
  const sketch = sketchFolder(folder);
  await mkdir(BUILD_DIRECTORY, { recursive: true });
  const { pubSub = 'PubSubClient', defines = [] } = variant;
  const suffix = [...(variant.pubSub ? [pubSub] : []), ...defines].join('-').replaceAll('=', '-');
  const variables = {
    OUT: BUILD_DIRECTORY,
    BOARD: board,
    SKETCH: sketch,
    PUBSUB: pubSub,
    DEFINES: defines.map((define) => `-D${define}`).join(' '),
    SUFFIX: suffix,
  };
  const args = ['-s', '-j2', '-C', import.meta.dirname, ...Object.entries(variables).map((pair) => pair.join('='))];
  try {
    // Test files run side by side: one make at a time has the directory.
    await run('flock', [join(BUILD_DIRECTORY, '.lock'), 'make', ...args, 'sketch']);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(`${basename(sketch)} does not compile for ${board}:\n${stderr || message}`, { cause: error });
  }
  return join(BUILD_DIRECTORY, board, suffix === '' ? basename(sketch) : `${basename(sketch)}-${suffix}`);
}
