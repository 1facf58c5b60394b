import { cpuMs } from '../cpu.mjs';
import { BrokerClient, manyAtOnce } from './client.mjs';
import { WINDOW } from './stored.mjs';
import { reaching, Supply, sendAll } from './supply.mjs';

/** @import { FillJob, Return, ReturnJob } from '../../job-types.ts' */

const AT_ONCE = 100;
/** As many as there are packet identifiers, and some less. */
const MOST_SLOTS = 50_000;

/** @param {number} index */
const idOf = (index) => `back-${String(index).padStart(5, '0')}`;
/** @param {number} index */
const topicOf = (index) => `back/${String(index).padStart(5, '0')}`;

/**
 * Leaves so many sessions behind, each with a queue of messages of QoS 1 of its own, and so many retained messages.
 * @param {FillJob} job
 */
export async function runFill({ to, sessions, each, retained }) {
  await manyAtOnce(sessions, AT_ONCE, async (index) => {
    const client = await new BrokerClient(to, idOf(index)).open({ isKept: true });
    await client.subscribe(topicOf(index), 1);
    await client.leave();
  });
  const sender = await new BrokerClient(to, 'back-sender').open();
  await sendSlices(sender, sessions * each, (index) => topicOf(index % sessions));
  await sendSlices(sender, retained, (index) => `kept/${String(index).padStart(6, '0')}`, true);
  const { refused } = sender;
  await sender.leave();
  if (refused > 0) throw new Error(`the server refused ${refused} messages`);
  return {};
}

/**
 * @param {BrokerClient} sender
 * @param {number} count
 * @param {(index: number) => string} topic
 * @param {boolean} [isRetained]
 */
async function sendSlices(sender, count, topic, isRetained = false) {
  for (let from = 0; from < count; from += MOST_SLOTS) {
    const slots = Math.min(MOST_SLOTS, count - from);
    const supply = new Supply(sender.version, { slots, qos: 1, isRetained, topicOf: (slot) => topic(from + slot) });
    await sendAll(sender, supply, slots, WINDOW);
  }
}

/**
 * All come back, 100 at a time, until each has its queue. One that has lost messages, or got some twice, is counted with them.
 * @param {ReturnJob} job
 * @returns {Promise<Return>}
 */
export async function runReturn({ to, sessions, each, pid }) {
  const before = { at: performance.now(), load: process.cpuUsage(), server: cpuMs(pid) };
  const clients = Array.from({ length: sessions }, (_, index) => new BrokerClient(to, idOf(index)));
  await manyAtOnce(sessions, AT_ONCE, (index) => clients[index].open({ isKept: true }));
  const connectedMs = performance.now() - before.at;
  await reaching(() => clients.reduce((sum, { received }) => sum + received, 0), sessions * each);
  const elapsedMs = performance.now() - before.at;
  const load = process.cpuUsage(before.load);
  const serverMs = cpuMs(pid) - before.server;
  const result = {
    totalMs: elapsedMs,
    connectedMs,
    serverMs,
    loadCpu: (load.user + load.system) / 1000 / elapsedMs,
    serverCpu: serverMs / elapsedMs,
    lost: clients.reduce((sum, { received }) => sum + Math.max(0, each - received), 0),
    duplicated: clients.reduce((sum, { received }) => sum + Math.max(0, received - each), 0),
    corrupt: 0,
  };
  await manyAtOnce(sessions, AT_ONCE, (index) => clients[index].leave());
  return result;
}
