import { cpuMs } from '../cpu.mjs';
import { BrokerClient, manyAtOnce } from './client.mjs';

/** @import { Crowd, CrowdJob } from '../../job-types.ts' */

const AT_ONCE = 100;
const KEEP_ALIVE_S = 600;

/**
 * Those who came: they stay until this process ends.
 * @type {BrokerClient[]}
 */
const crowd = [];

/**
 * So many clients connect and subscribe to a topic of their own, 100 at a time, and stay.
 * @param {CrowdJob} job
 * @returns {Promise<Crowd>}
 */
export async function runCrowd({ to, count, pid }) {
  const first = crowd.length;
  const before = { at: performance.now(), load: process.cpuUsage(), server: cpuMs(pid) };
  const came = await manyAtOnce(count, AT_ONCE, async (index) => {
    const id = `crowd-${process.pid}-${first + index}`;
    const client = await new BrokerClient(to, id).open({ keepAliveS: KEEP_ALIVE_S });
    await client.subscribe(`dev/${id}/set`, 0);
    return client;
  });
  const elapsedMs = performance.now() - before.at;
  const load = process.cpuUsage(before.load);
  const serverMs = cpuMs(pid) - before.server;
  crowd.push(...came);
  return {
    perSecond: (count / elapsedMs) * 1000,
    serverUs: (serverMs * 1000) / count,
    loadCpu: (load.user + load.system) / 1000 / elapsedMs,
    serverCpu: serverMs / elapsedMs,
  };
}

/** How many of them are still connected. */
export function countCrowd() {
  return { open: crowd.filter((client) => !client.stream.failure).length };
}
