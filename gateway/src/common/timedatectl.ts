import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { ClockState } from './clock-trust.ts';

/** There where systemd runs the machine (sd_booted(3)); in a container there is none. */
const SYSTEMD = '/run/systemd/system';
const TIMEOUT_MS = 5000;

/**
 * Asks systemd's timedated, which reads the kernel's own mark (adjtimex(2)) and so answers alike for systemd-timesyncd, chrony and
 * ntpd. Where no systemd runs, or there is no timedatectl, nobody can tell. Never rejects.
 */
export function askTimedatectl(program = 'timedatectl', systemd = SYSTEMD): Promise<ClockState> {
  if (!existsSync(systemd)) return Promise.resolve('untold');
  return new Promise((resolve) => {
    const args = ['show', '--property=NTP', '--property=NTPSynchronized'];
    execFile(program, args, { timeout: TIMEOUT_MS, encoding: 'utf8' }, (error, output) => {
      resolve(error ? 'untold' : readTimedatectl(output));
    });
  });
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
