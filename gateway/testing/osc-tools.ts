import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ownPort } from './own-port.ts';
import { Program } from './program.ts';

/** Sends one message by liblo's `oscsend`; `target` is a port of this machine, or liblo's address of one. */
export async function oscsend(
  target: number | string,
  address: string,
  types: string,
  ...values: string[]
): Promise<void> {
  const to = typeof target === 'number' ? ['127.0.0.1', String(target)] : [target];
  await promisify(execFile)('oscsend', [...to, address, types, ...values]);
}

/** Starts liblo's `oscdump`; what it hears are events `{"event": "heard", "text"}`: `/lamp i 1`. */
export async function startOscdump(): Promise<{ program: Program; port: number }> {
  const port = ownPort();
  const program = new Program('oscdump', 'oscdump', ['-L', String(port)], {
    parse: (line) => ({ event: 'heard', text: line.replace(/^[0-9a-f.]+ /, '') }),
  });
  // It says nothing when it is ready: it is when it hears somebody.
  for (let heard = false; !heard; ) {
    await oscsend(port, '/ready', '');
    heard = await program.take('heard', { text: '/ready ' }, 200).then(
      () => true,
      () => false,
    );
  }
  return { program, port };
}

/** Starts Pure Data without a window on a patch; what it prints are events `{"event": "printed", "text"}`. `messages` go to names in it. */
export function startPureData(patch: string, messages: readonly string[]): Program {
  const sends = messages.flatMap((message) => ['-send', message]);
  // What it prints goes to standard error, with nothing else that matters.
  const command = 'exec pd -nogui -nosound -nomidi -stderr -open "$@" 2>&1';
  return new Program('Pure Data', 'sh', ['-c', command, 'pd', patch, ...sends], {
    parse: (text) => ({ event: 'printed', text }),
  });
}
