import { execFile } from 'node:child_process';

/** What the kernel has said since the machine started: its lines, or why they cannot be read. */
export type KernelLog = { lines: string[] } | { why: 'not permitted' | 'not there' };

const TIMEOUT_MS = 3000;
const MAX_BYTES = 8 * 1024 * 1024;

/** Reads the log of the kernel, by whichever of two programs may. Never rejects. */
export async function readKernelLog(): Promise<KernelLog> {
  const direct = await run('dmesg', []);
  if (direct !== undefined && direct.lines.length > 0) return direct;
  // Members of the groups adm and systemd-journal may read this where the kernel's own is closed to them.
  const journal = await run('journalctl', ['-k', '-b', '-q', '-o', 'cat', '--no-pager', '-n', '20000']);
  if (journal !== undefined && journal.lines.length > 0) return journal;
  return direct === undefined && journal === undefined && process.platform !== 'linux'
    ? { why: 'not there' }
    : { why: 'not permitted' };
}

/** The lines that a program prints; undefined where it is not there or does not succeed. */
function run(program: string, args: readonly string[]): Promise<{ lines: string[] } | undefined> {
  const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES, env: { ...process.env, LC_ALL: 'C' } };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout) => {
      resolve(error === null ? { lines: stdout.split('\n').filter((line) => line !== '') } : undefined);
    });
  });
}
