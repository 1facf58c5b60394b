import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Outputs } from '../../src/cli/outputs.ts';
import type { GatewayError } from '../../src/common/errors.ts';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../crosscomm.example.yaml', import.meta.url));

/** Runs a command whose standard output goes to the file; what it says on standard error, and its exit code. */
async function writingTo(path: string, ...argv: string[]): Promise<{ code: number | null; err: string }> {
  const output = openSync(path, 'w');
  onTestFinished(() => closeSync(output));
  const child = spawn(process.execPath, [COMMAND, ...argv], { stdio: ['ignore', output, 'pipe'] });
  let err = '';
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, err };
}

/** Outputs of which one fails; what was said of it, and the exit code that the process ended with. */
function failing(
  name: 'stdout' | 'stderr',
  code: string,
  outlives: boolean,
): { said: GatewayError[]; exits: number[]; again: () => void } {
  const streams = { stdout: new EventEmitter() as Writable, stderr: new EventEmitter() as Writable };
  const said: GatewayError[] = [];
  const exits: number[] = [];
  new Outputs(streams, { outlives, complain: (error) => said.push(error), exit: (exitCode) => exits.push(exitCode) });
  const again = () => streams[name].emit('error', Object.assign(new Error(`write ${code}`), { code }));
  again();
  return { said, exits, again };
}

describe('output that cannot be written', () => {
  it.each([[['--help']], [['config', 'check', EXAMPLE]]])('is an error with exit code 2: %j', async (argv) => {
    expect(await writingTo('/dev/full', ...argv)).toEqual({
      code: 2,
      err: 'crosscomm: Standard output cannot be written (there is no space left): what is missing there is lost. [OUTPUT_FAILED]\n',
    });
  });

  it('is no error where it is not wanted', async () => {
    expect(await writingTo('/dev/null', '--help')).toEqual({ code: 0, err: '' });
  });

  it('is the end, and no error, where the reader of a pipe has gone', async () => {
    const child = spawn(process.execPath, [COMMAND, 'start', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    expect([await ended, err]).toEqual([0, '']);
    expect(failing('stdout', 'EPIPE', false)).toMatchObject({ said: [], exits: [0] });
  });

  it('is said in the words of the system where there are no better ones', () => {
    const { said, exits } = failing('stdout', 'EXYZ', false);
    expect(said.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'OUTPUT_FAILED: Standard output cannot be written (write EXYZ): what is missing there is lost.',
    ]);
    expect(exits).toEqual([2]);
  });

  it('can only be told by the exit code where it is standard error', () => {
    expect(failing('stderr', 'ENOSPC', false)).toMatchObject({ said: [], exits: [2] });
  });

  it('is said once by a gateway, which goes on', () => {
    const { said, exits, again } = failing('stdout', 'ENOSPC', true);
    again();
    expect([said.length, exits]).toEqual([1, []]);
    expect(failing('stdout', 'EPIPE', true)).toMatchObject({ said: [], exits: [] });
  });
});
