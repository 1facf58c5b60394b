import { field, packet } from './broker/packets.mjs';
import { openClient } from './clients.mjs';
import { cpuMs } from './cpu.mjs';

/** @import { Jobs, Room } from '../job-types.ts' */
/** @import { Client } from '../types.ts' */

/** How many connect at the same time. */
const AT_ONCE = 50;
const PERIOD_MS = 100;
/** How often each member says a new state. */
const STATE_MS = 10_000;

/** What a client of each protocol writes to send a text, and where it hears what `behaviours` tells it. */
const PROTOCOLS = {
  oocsi: {
    /** @type {(to: string, text: string) => string | Buffer} */
    write: (to, text) => `sendraw ${to} ${text}\n`,
    /** @type {(id: string) => string} */
    hears: (id) => id,
  },
  mqtt: {
    /** @type {(to: string, text: string) => string | Buffer} */
    write: (to, text) => packet(0x30, field(to), Buffer.from(text)),
    /** @type {(id: string) => string} */
    hears: (id) => `$direct/${id}/behaviours`,
  },
};

/**
 * A room of `job.count` clients that all have one beat, ten pulses a second, and say a new state every ten seconds, of which the first is told.
 * @param {Jobs['room']} job
 * @returns {Promise<Room>}
 */
export async function runRoom({ to, count, pid, warmupMs, measureMs }) {
  const { write, hears } = PROTOCOLS[/** @type {keyof typeof PROTOCOLS} */ (to.protocol)];
  let told = 0;
  const receiver = { take: () => void told++ };
  /** @type {Client[]} */
  const clients = [];
  let next = 0;
  const connect = async () => {
    while (next < count) {
      const id = `room-${process.pid}-${next++}`;
      const client = await openClient(to, id, receiver);
      await client.subscribe?.(hears(id));
      client.stream.write(write('behaviours', `{"sync":"room","periodMs":${PERIOD_MS}}`));
      clients.push(client);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, connect));
  clients[0]?.stream.write(write('behaviours', '{"awareness":"room"}'));
  let turn = 0;
  const talking = setInterval(() => {
    const client = clients[turn++ % count];
    client?.stream.write(write('room', `{"mood":${turn}}`));
  }, STATE_MS / count);
  await wait(warmupMs);
  const before = { told, cpu: cpuMs(pid), own: process.cpuUsage(), at: performance.now() };
  await wait(measureMs);
  const tookMs = performance.now() - before.at;
  const own = process.cpuUsage(before.own);
  const result = {
    serverPercent: (100 * (cpuMs(pid) - before.cpu)) / tookMs,
    loadCpu: (own.user + own.system) / 1000 / tookMs,
    toldPerSecond: (1000 * (told - before.told)) / tookMs,
  };
  clearInterval(talking);
  await Promise.all(clients.map(({ stream }) => stream.close()));
  return result;
}

/** @param {number} ms */
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
