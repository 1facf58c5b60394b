import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs } from '../cpu.mjs';
import { BrokerClient, manyAtOnce } from './client.mjs';
import { reaching, Supply } from './supply.mjs';

/** @import { FlowJob, Throughput } from '../../job-types.ts' */

/** More packets than can be outstanding, and few enough to stay in the processor's cache. */
const SLOTS = 4000;
/** After so long without a message, what is outstanding is given up and sending goes on. */
const STALL_MS = 1000;
/** Fewer messages than these say nothing. */
const LEAST = 32;
const AT_ONCE = 50;

let runs = 0;

/**
 * As many messages as the server takes, from one sender: to all receivers, or to each in turn where each has a filter of its own. At most
 * `job.window` are outstanding, counted at the receivers and, for QoS 1 and 2, at the sender.
 * @param {FlowJob} job
 * @returns {Promise<Throughput>}
 */
export async function runFlow(job) {
  const { to, from = to, qos, hasOwnFilters } = job;
  const run = `flow-${process.pid}-${++runs}`;
  /** @param {number} index */
  const place = (index) => `${run}/${String(index % job.receivers).padStart(5, '0')}`;
  const receivers = await manyAtOnce(job.receivers, AT_ONCE, async (index) => {
    const client = await new BrokerClient(to, `${run}-r${index}`).open();
    await client.subscribe(hasOwnFilters ? `${place(index)}/+/set` : run, qos);
    return client;
  });
  const sender = await new BrokerClient(from, `${run}-s`).open();
  // A stride, so that neighbours in a table of the server do not follow one another.
  const topicOf = hasOwnFilters ? (/** @type {number} */ slot) => `${place(slot * 7)}/lamp/set` : () => run;
  const supply = new Supply(sender.version, { slots: SLOTS, qos, topicOf });
  const audience = hasOwnFilters ? 1 : job.receivers;
  const window = Math.min(job.window, sender.window);
  let sent = 0;
  let received = 0;
  let given = 0;
  let running = true;
  const refill = () => {
    let done = Math.floor((received + given) / audience);
    if (qos > 0) done = Math.min(done, sender.acknowledged);
    if (!running || sent - done > window >> 1) return;
    supply.write(sender, sent, done + window);
    sent = done + window;
  };
  for (const receiver of receivers) {
    let seen = 0;
    receiver.stream.onTurn = () => {
      received += receiver.received - seen;
      seen = receiver.received;
      refill();
    };
  }
  if (qos > 0) sender.stream.onTurn = refill;
  const watchdog = watchStalls(
    () => received,
    () => {
      given = sent * audience - received;
      refill();
    },
  );
  refill();
  await sleep(job.warmupMs);
  const before = { at: performance.now(), received, load: process.cpuUsage(), server: cpuMs(job.pid) };
  await sleep(job.measureMs);
  // Where messages are few and large together, none may come for so long.
  for (let more = 0; more < job.measureMs && received - before.received < LEAST * audience; more += 50) await sleep(50);
  const elapsedMs = performance.now() - before.at;
  const deliveries = received - before.received;
  const load = process.cpuUsage(before.load);
  const serverMs = cpuMs(job.pid) - before.server;
  running = false;
  clearInterval(watchdog);
  await reaching(() => received, sent * audience);
  await Promise.all([sender, ...receivers].map((client) => client.leave()));
  return {
    messagesPerSecond: (deliveries / audience / elapsedMs) * 1000,
    deliveriesPerSecond: (deliveries / elapsedMs) * 1000,
    loadCpu: (load.user + load.system) / 1000 / elapsedMs,
    serverCpu: serverMs / elapsedMs,
    lost: Math.max(0, sent * audience - received),
    duplicated: Math.max(0, received - sent * audience),
    corrupt: sender.refused,
  };
}

/**
 * @param {() => number} received
 * @param {() => void} giveUp
 */
function watchStalls(received, giveUp) {
  let seen = -1;
  return setInterval(() => {
    if (received() === seen) giveUp();
    seen = received();
  }, STALL_MS);
}
