import { openClient } from './clients.mjs';
import { Receiver } from './receiver.mjs';

/** @import { Jobs } from '../job-types.ts' */
/** @import { Client } from '../types.ts' */

/** How many connect at the same time. */
const AT_ONCE = 50;

let crowds = 0;
/** @type {Client[]} */
const crowd = [];

/**
 * Connects `job.count` clients, which then do no more than answer pings.
 * @param {Jobs['idle']} job
 */
export async function openIdle(job) {
  const receiver = new Receiver();
  const name = `idle-${process.pid}-${++crowds}`;
  let next = 0;
  const connect = async () => {
    while (next < job.count) crowd.push(await openClient(job.to, `${name}-${next++}`, receiver));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, connect));
  return { open: crowd.length };
}

/** How many of them are still connected. */
export function countIdle() {
  return { open: crowd.filter((client) => !client.stream.failure).length };
}
