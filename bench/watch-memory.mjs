import { residentBytes } from './machine.mjs';

const MIB = 1024 * 1024;
const PEAK_MS = 20;

/** Runs something, and tells what the server's memory rose by meanwhile, in MiB. */
export async function watchMemory(server, run) {
  const before = residentBytes(server.pid);
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, residentBytes(server.pid));
  }, PEAK_MS);
  try {
    const result = await run();
    return { result, rose: (Math.max(peak, residentBytes(server.pid)) - before) / MIB };
  } finally {
    clearInterval(watch);
  }
}
