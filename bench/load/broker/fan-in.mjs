import { cpuMs } from '../cpu.mjs';
import { pace } from '../pace.mjs';
import { readSequence, sequenceOffset, writeSequence } from '../payload.mjs';
import { BrokerClient, manyAtOnce } from './client.mjs';
import { publishPacket } from './packets.mjs';
import { PAYLOAD, reaching } from './supply.mjs';

/** @import { FanIn, FanInJob } from '../../job-types.ts' */

const AT_ONCE = 50;
const NO_MASK = Buffer.alloc(4);
/** Where the number is in the payload, and where a reader begins, two digits before it. */
const NUMBER_AT = sequenceOffset(PAYLOAD.toString());
const READ_AT = NUMBER_AT - 2;

let runs = 0;

/**
 * Many publishers, each of which sends `job.rate` messages a second of QoS 0, and one subscriber; each message is timed from the write to
 * the read, in this process. The warm-up does not count.
 * @param {FanInJob} job
 * @returns {Promise<FanIn>}
 */
export async function runFanIn(job) {
  const run = `in-${process.pid}-${++runs}`;
  const receiver = await new BrokerClient(job.to, `${run}-r`).open();
  await receiver.subscribe(`${run}/0/#`, 0);
  const senders = await manyAtOnce(job.senders, AT_ONCE, async (index) => {
    const client = await new BrokerClient(job.to, `${run}-s${index}`).open({ keepAliveS: 600 });
    return { client, bytes: publishPacket(client.version, `${run}/0/${index}`, PAYLOAD, { qos: 0 }) };
  });
  const rate = job.senders * job.rate;
  const total = Math.ceil((rate * (job.warmupMs + job.measureMs)) / 1000);
  const ignored = Math.ceil((rate * job.warmupMs) / 1000);
  const sentAt = new Float64Array(total);
  const latencies = new Float64Array(total).fill(Number.POSITIVE_INFINITY);
  receiver.onMessage = (bytes, _, end) => {
    const sequence = readSequence(bytes, end - PAYLOAD.length + READ_AT);
    latencies[sequence] = performance.now() - sentAt[sequence];
  };
  let sent = 0;
  let serverBefore = 0;
  const loadBefore = process.cpuUsage();
  const begun = performance.now();
  await pace(total, rate, () => {
    const { client, bytes } = senders[sent % senders.length];
    if (sent === ignored) serverBefore = cpuMs(job.pid);
    writeSequence(bytes, bytes.length - PAYLOAD.length + NUMBER_AT, sent, NO_MASK, 0);
    sentAt[sent++] = performance.now();
    // The bytes are in the system's hands, or a copy is, before this publisher's next message.
    client.stream.write(bytes);
  });
  await reaching(() => receiver.received, total);
  const load = process.cpuUsage(loadBefore);
  const elapsedMs = performance.now() - begun;
  const serverMs = cpuMs(job.pid) - serverBefore;
  await Promise.all([receiver, ...senders.map(({ client }) => client)].map((client) => client.leave()));
  const counted = latencies.subarray(ignored).sort();
  return {
    medianMs: counted[Math.floor(counted.length / 2)],
    p99Ms: counted[Math.floor(counted.length * 0.99)],
    serverUs: (serverMs * 1000) / (total - ignored),
    loadCpu: (load.user + load.system) / 1000 / elapsedMs,
    lost: Math.max(0, total - receiver.received),
    duplicated: Math.max(0, receiver.received - total),
    corrupt: 0,
  };
}
