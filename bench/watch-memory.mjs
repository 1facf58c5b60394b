import { residentBytes } from './machine.mjs';

/** @import { Server } from './types.ts' */

const MIB = 1024 * 1024;
const PEAK_MS = 20;

/**
 * Runs something, and tells what the server's memory rose by meanwhile, in MiB.
 * @template R
 * @param {Pick<Server, 'pid'>} server
 * @param {() => Promise<R>} run
 */
export async function watchMemory(server, run) {
  const resident = () => residentBytes(server.pid) ?? Number.NaN;
  const before = resident();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, resident());
  }, PEAK_MS);
  try {
    const result = await run();
    return { result, rose: (Math.max(peak, resident()) - before) / MIB };
  } finally {
    clearInterval(watch);
  }
}
