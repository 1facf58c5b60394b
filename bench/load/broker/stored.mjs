import { cpuMs } from '../cpu.mjs';
import { BrokerClient } from './client.mjs';
import { reaching, Supply, sendAll } from './supply.mjs';

/** @import { InAndOut, StoredJob } from '../../job-types.ts' */

/** How many messages of QoS 1 may be outstanding, as far as the server allows. */
export const WINDOW = 500;

let runs = 0;

/**
 * One client publishes `job.count` messages to be retained, each to a topic of its own; then another subscribes to all of them.
 * @param {StoredJob} job
 * @returns {Promise<InAndOut>}
 */
export async function runRetained({ to, count, pid }) {
  const run = `ret/${process.pid}-${++runs}`;
  const sender = await new BrokerClient(to, `${run.replace('/', '-')}-s`).open();
  /** @param {number} slot */
  const topicOf = (slot) => `${run}/${String(slot % 100).padStart(2, '0')}/${String(slot).padStart(5, '0')}`;
  const supply = new Supply(sender.version, { slots: count, qos: 1, isRetained: true, topicOf });
  const receiver = await new BrokerClient(to, `${run.replace('/', '-')}-r`).open();
  return await inAndOut({ sender, supply, count, pid }, async () => {
    await receiver.subscribe(`${run}/#`, 0);
    return receiver;
  });
}

/**
 * One client publishes `job.count` messages of QoS 1 to another that is away, which then comes back.
 * @param {StoredJob} job
 * @returns {Promise<InAndOut>}
 */
export async function runAway({ to, count, pid }) {
  const run = `away/${process.pid}-${++runs}`;
  const id = `away-${process.pid}-${runs}`;
  const first = await new BrokerClient(to, id).open({ isKept: true });
  await first.subscribe(run, 1);
  await first.leave();
  const sender = await new BrokerClient(to, `${id}-s`).open();
  const supply = new Supply(sender.version, { slots: count, qos: 1, topicOf: () => run });
  return await inAndOut({ sender, supply, count, pid }, () => new BrokerClient(to, id).open({ isKept: true }));
}

/**
 * @param {{ sender: BrokerClient, supply: Supply, count: number, pid: number }} one
 * @param {() => Promise<BrokerClient>} fetch
 * @returns {Promise<InAndOut>}
 */
async function inAndOut({ sender, supply, count, pid }, fetch) {
  const serverMs = cpuMs(pid);
  const begun = performance.now();
  await sendAll(sender, supply, count, WINDOW);
  const stored = performance.now();
  const storedServerMs = cpuMs(pid);
  const receiver = await fetch();
  await reaching(() => receiver.received, count);
  const fetched = performance.now();
  const serverOutMs = cpuMs(pid) - storedServerMs;
  const { received } = receiver;
  await Promise.all([sender.leave(), receiver.leave()]);
  return {
    inPerSecond: (count / (stored - begun)) * 1000,
    outPerSecond: (received / (fetched - stored)) * 1000,
    inServerUs: ((storedServerMs - serverMs) * 1000) / count,
    outServerUs: (serverOutMs * 1000) / count,
    lost: Math.max(0, count - received),
    duplicated: Math.max(0, received - count),
    corrupt: sender.refused,
  };
}
