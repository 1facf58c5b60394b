import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ClockState } from './clock-trust.ts';

export interface AskOptions {
  /** The command to run. */
  program?: string;
  /** There where systemd runs the machine (sd_booted(3)); in a container there is none. */
  systemd?: string;
  /** Touched by systemd-timesyncd at each answer of a time server, and gone after a start of the machine. */
  timesync?: string;
}

const TIMEOUT_MS = 5000;
/** So long after a time server's last answer, even a poor crystal is some minutes off, and no day. */
const LONGEST_SINCE_MS = 30 * 86_400_000;

/**
 * Asks systemd's timedated, which reads the kernel's own mark (adjtimex(2)) and so answers alike for systemd-timesyncd, chrony and
 * ntpd. Where no systemd runs, or there is no timedatectl, nobody can tell. Never rejects.
 *
 * The kernel takes its mark away nine hours after the last answer, as it adds 500 µs of possible error each second up to 16 s: a Pi
 * whose network is down for a night is still right in the morning, which systemd-timesyncd's own mark tells.
 */
export async function askTimedatectl(options: AskOptions = {}): Promise<ClockState> {
  const { program = 'timedatectl', systemd = '/run/systemd/system' } = options;
  const { timesync = '/run/systemd/timesync/synchronized' } = options;
  if (!existsSync(systemd)) return 'untold';
  const state = readTimedatectl(await run(program, ['show', '--property=NTP', '--property=NTPSynchronized']));
  return state === 'unset' && (await wasAnswered(timesync)) ? 'set' : state;
}

/**
 * `NTPSynchronized` is the kernel's mark; `NTP` whether a time service is switched on. Where none is, the clock is a person's or a
 * battery's, and nobody will set it better.
 */
export function readTimedatectl(output: string): ClockState {
  const lines = output.split('\n');
  if (lines.includes('NTPSynchronized=yes')) return 'set';
  return lines.includes('NTPSynchronized=no') && lines.includes('NTP=yes') ? 'unset' : 'untold';
}

/** Whether the mark is of a time that the wall clock takes for the last weeks: one that stepped since does not. */
async function wasAnswered(path: string): Promise<boolean> {
  const mark = await stat(path).catch(() => undefined);
  const sinceMs = mark === undefined ? -1 : Date.now() - Math.floor(mark.mtimeMs);
  return sinceMs >= 0 && sinceMs <= LONGEST_SINCE_MS;
}

/** What it says; nothing where it fails. */
function run(program: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: TIMEOUT_MS, encoding: 'utf8' }, (error, output) => resolve(error ? '' : output));
  });
}
