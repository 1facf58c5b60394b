import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type BoardModel, buildSketch, CHIPS } from './avr-build.ts';
import { sketchFolder } from './sketch-folder.ts';

const run = promisify(execFile);

/** Boards that can be the subject of the tests; an ESP32 only as a real board. */
export type SubjectModel = BoardModel | 'esp32';

const LIBRARY = resolve(import.meta.dirname, '../../device-sdk/arduino');
/** A board that does not answer its programmer must not hold up the tests for ever; a first build for an ESP32 takes minutes. */
const LIMIT_MS = 10 * 60_000;

/** What the boot loaders of Arduino's boards speak, by avrdude's names. */
const PROGRAMMERS: Record<BoardModel, string> = { uno: 'arduino', mega: 'wiring' };

const INSTALL: Record<string, string> = {
  avrdude: 'On Debian: apt-get install avrdude',
  'arduino-cli':
    'See https://arduino.github.io/arduino-cli/ and install the core: arduino-cli core install esp32:esp32',
};

/**
 * Builds a sketch and writes it to the real board at `port`: by avrdude, an ESP32 by arduino-cli, which builds it too. Throws
 * what the program said where it fails, and what to install where it is missing.
 */
export async function flash(model: SubjectModel, port: string, sketch: string): Promise<void> {
  if (model === 'esp32') {
    const folder = sketchFolder(sketch);
    const args = ['compile', '--fqbn', 'esp32:esp32:esp32', '--library', LIBRARY, '--upload', '--port', port, folder];
    await start('arduino-cli', args, port);
    return;
  }
  const firmware = await buildSketch(sketch, model, 'hex');
  const args = ['-p', CHIPS[model], '-c', PROGRAMMERS[model], '-P', port, '-b', '115200', '-D'];
  await start('avrdude', [...args, '-U', `flash:w:${firmware}:i`], port);
}

/** Presses the reset button of the real board at `port`, by its DTR line, also while another program has the port open. */
export async function resetByDtr(port: string): Promise<void> {
  await start('python3', [join(import.meta.dirname, 'pulse_dtr.py'), port], port);
}

async function start(program: string, args: string[], port: string): Promise<void> {
  try {
    await run(program, args, { timeout: LIMIT_MS, maxBuffer: 64 << 20 });
  } catch (error) {
    const { code, stderr = '', message } = error as Error & { code?: unknown; stderr?: string };
    const why = code === 'ENOENT' ? `${program} is missing. ${INSTALL[program] ?? ''}` : stderr.trim() || message;
    throw new Error(`The board at ${port} cannot be used: ${why}`, { cause: error });
  }
}
