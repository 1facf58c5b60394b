import { account, closeGroup, openGroup, settle } from './group.mjs';
import { pace } from './pace.mjs';

/** @import { Latency, PacedJob } from '../job-types.ts' */

/**
 * `job.rate` messages a second from one sender to one receiver, each timed from the write to the read, in this process.
 * The warm-up does not count.
 * @param {PacedJob} job
 * @returns {Promise<Latency>}
 */
export async function runPaced(job) {
  const total = Math.ceil((job.rate * (job.warmupMs + job.measureMs)) / 1000);
  const ignored = Math.ceil((job.rate * job.warmupMs) / 1000);
  const group = await openGroup({ ...job, senders: 1, receivers: 1, window: total });
  const [sender] = group.senders;
  const [receiver] = group.receivers;
  const sentAt = new Float64Array(total);
  const latencies = new Float64Array(total).fill(Number.POSITIVE_INFINITY);
  receiver.onSequence = (sequence) => {
    latencies[sequence] = performance.now() - sentAt[sequence];
  };
  await pace(total, job.rate, () => {
    sentAt[sender.sent] = performance.now();
    sender.send(1);
  });
  await settle(group);
  await closeGroup(group);
  const counted = latencies.subarray(ignored).sort();
  return {
    medianMs: counted[Math.floor(counted.length / 2)],
    p99Ms: counted[Math.floor(counted.length * 0.99)],
    ...account(group),
  };
}
