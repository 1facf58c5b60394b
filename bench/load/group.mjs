import { openClient } from './clients.mjs';
import { Lane } from './lane.mjs';
import { Receiver } from './receiver.mjs';
import { Ring } from './ring.mjs';

/** @import { Flaws, GroupJob } from '../job-types.ts' */
/** @import { Client } from '../types.ts' */

let runs = 0;

/** A sender, its messages, and the lanes in which each of its receivers gets them. */
export class Sender {
  sent = 0;
  /** @type {Lane[]} */
  lanes = [];
  #client;
  #ring;

  /**
   * @param {Client} client
   * @param {number} index
   * @param {string} to
   * @param {number} window
   */
  constructor(client, index, to, window) {
    this.#client = client;
    this.#ring = new Ring(client.template(index, to), window);
  }

  /** The messages that not all receivers have. */
  get outstanding() {
    let slowest = this.sent;
    for (let index = 0; index < this.lanes.length; index++) {
      const { next } = this.lanes[index];
      if (next < slowest) slowest = next;
    }
    return this.sent - slowest;
  }

  /**
   * Sends so many messages more.
   * @param {number} count
   */
  send(count) {
    const from = this.sent;
    this.sent += count;
    this.#ring.write(from, this.sent, (bytes) => this.#client.stream.write(bytes));
  }
}

/**
 * Connects the clients of a run. In `pairs` each sender has a receiver of its own, else every receiver gets everything.
 * `address` says where messages go: to a `channel`, to the receiver's own id (`direct`), or to CrossComm's `all`.
 *
 * Names are new in each run, so that no server brings back the subscriptions of an earlier one.
 * @param {GroupJob} job
 */
export async function openGroup(job) {
  const run = `bench-${process.pid}-${++runs}`;
  /** @type {(Receiver & { client: Client })[]} */
  const receivers = [];
  /** @type {Client[]} */
  const clients = [];
  for (let index = 0; index < job.receivers; index++) {
    const receiver = new Receiver();
    const client = await openClient(job.to, `${run}-r${index}`, receiver);
    if (job.address === 'channel') await client.subscribe?.(job.pairs ? `${run}-c${index}` : `${run}-c`);
    receivers.push(Object.assign(receiver, { client }));
    clients.push(client);
  }
  /** @type {Sender[]} */
  const senders = [];
  for (let index = 0; index < job.senders; index++) {
    const client = await openClient(job.from, `${run}-s${index}`, new Receiver());
    const place = job.pairs ? index : '';
    const direct = receivers[job.pairs ? index : 0].client.id;
    /** @type {Record<string, string>} */
    const addresses = { channel: `${run}-c${place}`, direct, all: 'all' };
    const to = addresses[job.address];
    const sender = new Sender(client, index, to, job.window);
    for (const receiver of job.pairs ? [receivers[index]] : receivers) {
      const lane = new Lane();
      receiver.lanes[index] = lane;
      sender.lanes.push(lane);
    }
    senders.push(sender);
    clients.push(client);
  }
  return { senders, receivers, clients };
}

/**
 * What went wrong in a run, all lanes together. Gives up what is still on its way.
 * @param {{ senders: Sender[], receivers: Receiver[] }} group
 * @returns {Flaws & { sent: number }}
 */
export function account({ senders, receivers }) {
  const lanes = senders.flatMap((sender) => sender.lanes);
  return {
    sent: senders.reduce((sum, sender) => sum + sender.sent, 0),
    lost: lanes.reduce((sum, lane) => sum + lane.lost, 0),
    duplicated: lanes.reduce((sum, lane) => sum + lane.duplicated, 0),
    corrupt: receivers.reduce((sum, receiver) => sum + receiver.corrupt, 0),
  };
}

/**
 * Waits until everything has arrived, or nothing has for `patienceMs`; what is missing then is lost.
 * @param {{ senders: Sender[], receivers: Receiver[] }} group
 * @param {number} patienceMs
 */
export async function settle({ senders, receivers }, patienceMs = 2000) {
  const total = () => receivers.reduce((sum, receiver) => sum + receiver.received, 0);
  let seen = total();
  let quietSince = performance.now();
  while (senders.some((sender) => sender.outstanding > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (total() !== seen) {
      seen = total();
      quietSince = performance.now();
    } else if (performance.now() - quietSince > patienceMs) {
      for (const sender of senders) for (const lane of sender.lanes) lane.abandon(sender.sent);
    }
  }
}

/** @param {{ clients: Client[] }} group */
export async function closeGroup({ clients }) {
  await Promise.all(clients.map((client) => client.stream.close()));
}
