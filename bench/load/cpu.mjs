import { readdirSync, readFileSync } from 'node:fs';

/**
 * The processor time that the threads of a process have used which are still there, in ms, to the nanosecond; 0 where the system does not say.
 * @param {number} pid
 */
export function cpuMs(pid) {
  try {
    const tasks = `/proc/${pid}/task`;
    const usedNs = (/** @type {string} */ id) =>
      Number(readFileSync(`${tasks}/${id}/schedstat`, 'latin1').split(' ')[0]);
    return readdirSync(tasks).reduce((sum, id) => sum + usedNs(id) / 1e6, 0);
  } catch {
    return 0;
  }
}
