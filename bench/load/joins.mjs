import { openClient } from './clients.mjs';
import { cpuMs } from './cpu.mjs';
import { Receiver } from './receiver.mjs';

/** @import { Jobs, Joins } from '../job-types.ts' */
/** @import { Client } from '../types.ts' */

let crowds = 0;

/**
 * So many clients join, `job.atOnce` at a time, and leave when all are in.
 * @param {Jobs['joins']} job
 * @returns {Promise<Joins>}
 */
export async function runJoins(job) {
  const receiver = new Receiver();
  const name = `join-${process.pid}-${++crowds}`;
  /** @type {Client[]} */
  const clients = [];
  let next = 0;
  const join = async () => {
    while (next < job.count) clients.push(await openClient(job.to, `${name}-${next++}`, receiver));
  };
  const serverMs = cpuMs(job.pid);
  const begun = performance.now();
  await Promise.all(Array.from({ length: job.atOnce }, join));
  const totalMs = performance.now() - begun;
  const usedMs = cpuMs(job.pid) - serverMs;
  await Promise.all(clients.map((client) => client.stream.close()));
  return { totalMs, serverMs: usedMs / job.count };
}
