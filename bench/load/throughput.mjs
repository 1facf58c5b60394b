import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs } from './cpu.mjs';
import { account, closeGroup, openGroup, settle } from './group.mjs';

/** @import { Throughput, ThroughputJob } from '../job-types.ts' */
/** @import { Sender } from './group.mjs' */

/** After so long without a message, what is outstanding is given up and sending goes on. */
const STALL_MS = 1000;

/**
 * As many messages as the server takes: each sender keeps at most `job.window` outstanding, counted at the receivers,
 * so that no server has a reason to drop any.
 * @param {ThroughputJob} job
 * @returns {Promise<Throughput>}
 */
export async function runThroughput(job) {
  const group = await openGroup(job);
  let running = true;
  /** @param {Sender} sender */
  const refill = (sender) => {
    const outstanding = sender.outstanding;
    if (running && outstanding <= job.window >> 1) sender.send(job.window - outstanding);
  };
  group.receivers.forEach((receiver, index) => {
    const mine = job.pairs ? [group.senders[index]] : group.senders;
    receiver.client.stream.onTurn = () => {
      for (let at = 0; at < mine.length; at++) refill(mine[at]);
    };
  });
  const received = () => group.receivers.reduce((sum, receiver) => sum + receiver.received, 0);
  const watchdog = watchStalls(group, received, refill);
  for (const sender of group.senders) refill(sender);
  await sleep(job.warmupMs);
  const before = { at: performance.now(), received: received(), load: process.cpuUsage(), server: cpuMs(job.pid) };
  await sleep(job.measureMs);
  const elapsedMs = performance.now() - before.at;
  const deliveries = received() - before.received;
  const load = process.cpuUsage(before.load);
  const serverMs = cpuMs(job.pid) - before.server;
  running = false;
  clearInterval(watchdog);
  await settle(group);
  await closeGroup(group);
  const audience = job.pairs ? 1 : job.receivers;
  return {
    messagesPerSecond: (deliveries / audience / elapsedMs) * 1000,
    deliveriesPerSecond: (deliveries / elapsedMs) * 1000,
    loadCpu: (load.user + load.system) / 1000 / elapsedMs,
    serverCpu: serverMs / elapsedMs,
    ...account(group),
  };
}

/**
 * @param {{ senders: Sender[] }} group
 * @param {() => number} received
 * @param {(sender: Sender) => void} refill
 */
function watchStalls(group, received, refill) {
  let seen = -1;
  return setInterval(() => {
    const now = received();
    if (now === seen) {
      for (const sender of group.senders) {
        for (const lane of sender.lanes) lane.abandon(sender.sent);
        refill(sender);
      }
    }
    seen = now;
  }, STALL_MS);
}
