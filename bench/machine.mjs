import { readFileSync } from 'node:fs';
import os from 'node:os';

/** What the figures were measured on. */
export function machineFacts() {
  const cpus = os.cpus();
  return {
    cores: cpus.length,
    processor: cpus[0]?.model ?? 'unknown processor',
    memoryBytes: os.totalmem(),
    node: process.version,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
  };
}

/** Above this load of other programs, figures tell little. */
const QUIET = 0.7;

/** What to know where other programs use the machine; undefined where it is quiet, or the system does not say. */
export function disturbance() {
  const [load] = os.loadavg();
  if (load < QUIET) return undefined;
  return `Other programs use this machine (load ${load.toFixed(1)}): figures are lower than they could be, and ratios vary.`;
}

/**
 * How many files and sockets a process may have open; undefined where the system does not say.
 * @param {number} pid
 */
export function openFileLimit(pid) {
  const line = readProc(`/proc/${pid}/limits`)?.match(/^Max open files\s+(\d+)/m);
  return line ? Number(line[1]) : undefined;
}

/**
 * A process' resident memory in bytes; undefined where the system does not say.
 * @param {number} pid
 */
export function residentBytes(pid) {
  const line = readProc(`/proc/${pid}/status`)?.match(/^VmRSS:\s+(\d+) kB/m);
  return line ? Number(line[1]) * 1024 : undefined;
}

/** @param {string} file */
function readProc(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
