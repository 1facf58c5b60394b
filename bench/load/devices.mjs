import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from './clients.mjs';
import { cpuMs } from './cpu.mjs';
import { FramesDevice, FrameTemplate } from './frames.mjs';
import { Tally } from './tally.mjs';

/** @import { DevicesJob, Latency, ManyDevicesJob, OneDeviceJob, Throughput } from '../job-types.ts' */

/** How many devices connect at the same time. */
const AT_ONCE = 50;
const PATIENCE_MS = 3000;
/** No round sends more. */
const MOST = 4_000_000;

let runs = 0;

/**
 * An OOCSI client that counts what comes to a channel, and devices that send to it.
 * @param {DevicesJob} job
 * @param {number} count
 * @param {number} most
 */
async function openHouse(job, count, most) {
  const run = `bench-${process.pid}-${++runs}`;
  const tally = new Tally(most);
  const receiver = await openClient(job.to, `${run}-r`, tally);
  await receiver.subscribe?.(`${run}-c`);
  const devices = Array.from({ length: count }, (_, index) => new FramesDevice(`${run}-d${index}`));
  let next = 0;
  const connect = async () => {
    while (next < count) await devices[next++].open(job.from, `${run}-c`);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, connect));
  const template = new FrameTemplate(job);
  const close = () => Promise.all([receiver, ...devices].map(({ stream }) => stream.close()));
  return { tally, devices, template, close };
}

/**
 * Waits until everything has arrived, or nothing has for a while; returns what is lost.
 * @param {Tally} tally
 * @param {number} sent
 */
async function settle(tally, sent) {
  let [seen, sinceMs] = [tally.received, performance.now()];
  while (tally.received < sent && performance.now() - sinceMs < PATIENCE_MS) {
    await sleep(5);
    if (tally.received !== seen) [seen, sinceMs] = [tally.received, performance.now()];
  }
  return sent - tally.received;
}

/**
 * One device sends as many frames as the gateway takes, at least once: at most `job.window` of them are unacknowledged. Or,
 * with `job.rate`, so many a second.
 * @param {OneDeviceJob} job
 * @returns {Promise<Throughput>}
 */
export async function runOneDevice(job) {
  const { tally, devices, template, close } = await openHouse(job, 1, MOST);
  const [device] = devices;
  let sent = 0;
  let running = true;
  /** @param {number} until */
  const send = (until) => {
    if (!running || until <= sent) return;
    device.stream.write(template.write(sent, until));
    sent = until;
  };
  const refill = () => {
    if (sent - device.acknowledged <= job.window >> 1) send(Math.min(MOST, device.acknowledged + job.window));
  };
  /** @type {NodeJS.Timeout | undefined} */
  let pacing;
  const { rate } = job;
  if (rate === undefined) {
    device.onAck = refill;
    refill();
  } else {
    const begun = performance.now();
    pacing = setInterval(() => send(Math.min(MOST, Math.floor(((performance.now() - begun) * rate) / 1000))), 1);
  }
  await sleep(job.warmupMs);
  const before = { at: performance.now(), received: tally.received, load: process.cpuUsage(), server: cpuMs(job.pid) };
  await sleep(job.measureMs);
  const elapsedMs = performance.now() - before.at;
  const perSecond = ((tally.received - before.received) / elapsedMs) * 1000;
  const load = process.cpuUsage(before.load);
  const serverMs = cpuMs(job.pid) - before.server;
  running = false;
  clearInterval(pacing);
  const lost = await settle(tally, sent);
  await close();
  return {
    messagesPerSecond: perSecond,
    deliveriesPerSecond: perSecond,
    loadCpu: (load.user + load.system) / 1000 / elapsedMs,
    serverCpu: serverMs / elapsedMs,
    lost,
    duplicated: tally.duplicated,
    corrupt: tally.corrupt,
  };
}

/**
 * `job.devices` devices send `job.rate` frames a second each, evenly spread; each is timed from the write to the read.
 * @param {ManyDevicesJob} job
 * @returns {Promise<Latency>}
 */
export async function runManyDevices(job) {
  const rate = job.devices * job.rate;
  const total = Math.ceil((rate * (job.warmupMs + job.measureMs)) / 1000);
  const ignored = Math.ceil((rate * job.warmupMs) / 1000);
  const { tally, devices, template, close } = await openHouse(job, job.devices, total);
  const sentAt = new Float64Array(total);
  const latencies = new Float64Array(total).fill(Number.POSITIVE_INFINITY);
  tally.onSequence = (sequence) => {
    latencies[sequence] = performance.now() - sentAt[sequence];
  };
  const begun = performance.now();
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - begun) * rate) / 1000));
    for (; sent < due; sent++) {
      const index = sent % devices.length;
      sentAt[sent] = performance.now();
      devices[index].stream.write(template.one(sent, (sent - index) / devices.length + 1));
    }
    await sleep(1);
  }
  const lost = await settle(tally, total);
  await close();
  const counted = latencies.subarray(ignored).sort();
  return {
    medianMs: counted[Math.floor(counted.length / 2)],
    p99Ms: counted[Math.floor(counted.length * 0.99)],
    lost,
    duplicated: tally.duplicated,
    corrupt: tally.corrupt,
  };
}
