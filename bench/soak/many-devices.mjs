import { field, packet } from '../load/broker/packets.mjs';
import { MqttClient } from '../load/mqtt.mjs';
import { OocsiClient } from '../load/oocsi.mjs';

/** @import { Target } from '../types.ts' */
/** @typedef {{ targets: Record<'oocsi' | 'mqtt', Target>, devices: number, perSecond: number }} DevicesAsked */

/** How often it is looked which devices have something to say. */
const TICK_MS = 20;
/** So many devices are in one room, whose display hears all of them. */
const IN_ROOM = 25;
const QUIET = { take: () => {} };

/** Devices that each say a number in a channel of their own again and again, half of them by OOCSI and half by MQTT: a process of its own. */
process.once('message', (asked) => {
  void run(/** @type {DevicesAsked} */ (asked)).then(
    (count) => process.send?.({ count }),
    (error) => process.send?.({ error: String(error) }),
  );
});
process.once('disconnect', () => process.exit());

/** @param {DevicesAsked} asked */
async function run({ targets, devices, perSecond }) {
  /** @type {((value: string) => void)[]} */
  const say = [];
  for (let index = 0; index < devices; index++) {
    const room = Math.floor(index / IN_ROOM);
    const channel = `room-${room}/device-${index}/light`;
    say.push(
      index % 2 === 0 ? await byOocsi(targets.oocsi, index, channel) : await byMqtt(targets.mqtt, index, channel),
    );
    if (index % IN_ROOM === 0) {
      const display = new MqttClient(`display-${room}`, QUIET);
      await display.open(targets.mqtt);
      await display.subscribe(`room-${room}/#`);
    }
  }
  const begun = performance.now();
  let said = 0;
  setInterval(() => {
    const due = Math.floor(((performance.now() - begun) * perSecond) / 1000);
    for (; said < due; said++) say[said % devices]?.(`{"value":${said % 1024},"on":${said % 2 === 0}}`);
  }, TICK_MS);
  return devices;
}

/**
 * @param {Target} target
 * @param {number} index
 * @param {string} channel
 */
async function byOocsi(target, index, channel) {
  const client = new OocsiClient(`board-${index}`, QUIET);
  await client.open(target);
  return (/** @type {string} */ value) => client.stream.write(`sendraw ${channel} ${value}\n`);
}

/**
 * @param {Target} target
 * @param {number} index
 * @param {string} channel
 */
async function byMqtt(target, index, channel) {
  const client = new MqttClient(`sensor-${index}`, QUIET);
  await client.open(target);
  return (/** @type {string} */ value) => client.stream.write(packet(0x30, field(channel), Buffer.from(value)));
}
