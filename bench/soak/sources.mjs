import { NO_FAULTS, PtyTransport, Simulation, seededRandom, transportTo } from '@crosscomm/sim';
import mqtt from 'mqtt';

/** @import { Faults } from '@crosscomm/sim' */
/** @import { Gateway } from './gateway.mjs' */
/** @import { Ledger } from './ledger.mjs' */

const clock = {
  now: () => performance.now(),
  /**
   * @param {number} delayMs
   * @param {() => void} run
   */
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
const MAX_FRAME = 256;

/**
 * Devices; `name` is the source in the ledger.
 * @typedef {{ name: string, count: number, url?: string, ptyFolder?: string, noiseOneIn?: number, intervalMs: number,
 *   faults?: Partial<Faults>, channel: string, seed: number }} Fleet
 */

/**
 * Simulated devices that send what the ledger knows, at least once.
 * @param {Ledger} ledger
 * @param {Fleet} fleet
 */
export async function startDevices(ledger, fleet) {
  const { name, count, url = '', ptyFolder, noiseOneIn = 0, intervalMs, faults = {}, channel, seed } = fleet;
  const deviceIds = Array.from({ length: count }, (_, index) => `${name.replaceAll(' ', '-')}-${index + 1}`);
  const random = seededRandom(seed);
  const { transport } =
    ptyFolder === undefined
      ? transportTo(new URL(url))
      : {
          transport: await PtyTransport.open({ folder: ptyFolder, deviceIds, maxFrame: MAX_FRAME, noiseOneIn, random }),
        };
  const counting = () => {
    let next = 0;
    return () => ++next;
  };
  const fields = [
    { key: 's', shape: () => () => name },
    { key: 'n', shape: counting },
    { key: 't', shape: () => () => performance.now() },
  ];
  const simulation = new Simulation({
    deviceIds,
    plan: {
      readings: [{ channel, intervalMs, fields: [...fields, { key: 'id', shape: idShape(deviceIds) }] }],
      subscribe: [],
      atMostOnce: false,
      // Without receipts the outcome is told when the gateway has acknowledged it.
      receipts: false,
      maxFrame: MAX_FRAME,
      window: 4 * MAX_FRAME,
      faults: { ...NO_FAULTS, ...faults },
    },
    transport,
    clock,
    seed,
    random: Math.random,
    handler: {
      outcome(_device, _channel, value, { code }) {
        if (code !== 0 || !(value instanceof Map)) return;
        ledger.accepted(name, value.get('id'), value.get('n'), value.get('t'));
      },
    },
  });
  simulation.start();
  return simulation;
}

/**
 * Each device's id, one after the other, as they are made.
 * @param {string[]} deviceIds
 */
function idShape(deviceIds) {
  let made = 0;
  return () => {
    const id = deviceIds[made++];
    return () => id;
  };
}

/**
 * An MQTT client that publishes with quality 1.
 * @param {Ledger} ledger
 * @param {string} name
 * @param {Gateway} gateway
 * @param {{ topic: string, everyMs: number }} what
 */
export function publishByMqtt(ledger, name, gateway, { topic, everyMs }) {
  const client = mqtt.connect(`mqtt://127.0.0.1:${gateway.ports.mqtt}`, {
    clientId: name,
    clean: false,
    reconnectPeriod: 100,
    connectTimeout: 5000,
  });
  client.on('error', () => {});
  let number = 0;
  let waiting = 0;
  const timer = setInterval(() => {
    const sentMs = performance.now();
    const n = ++number;
    waiting++;
    ledger.sent('MQTT', name, n, sentMs);
    client.publish(topic, JSON.stringify({ s: 'MQTT', id: name, n, t: sentMs }), { qos: 1 }, (error) => {
      waiting--;
      if (!error) ledger.accepted('MQTT', name, n, sentMs);
    });
  }, everyMs);
  return {
    get waiting() {
      return waiting;
    },
    finish: () => clearInterval(timer),
    stop: () => client.endAsync(true),
  };
}
