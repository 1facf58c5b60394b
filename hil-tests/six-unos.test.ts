import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { EventQueue } from '@crosscomm/testing/json-lines';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';
import { LIMITS, SUBJECT_SKETCH } from './support/settings.ts';

/** The first of the three pins whose jumpers make the number of a board with the sketch `subject`. */
const JUMPER_PIN = 2;
const IDS = [0, 1, 2, 3, 4, 5].map((number) => `uno-${number}`);

let devices: FakeDevices;
let gateway: GatewayProcess;
let boards: AvrBoard[];
let mqtt: MqttClient;
const said = new EventQueue('six Unos');

function jumpers(number: number): number[] {
  return [0, 1, 2].filter((bit) => number & (1 << bit)).map((bit) => JUMPER_PIN + bit);
}

beforeAll(async () => {
  devices = await makeFakeDevices();
  gateway = new GatewayProcess({ serial: { deviceDirectory: devices.directory } }, devices.env);
  await gateway.start();
  mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId: 'listener' });
  mqtt.on('message', (topic, payload) => said.push({ event: topic, ...JSON.parse(payload.toString()) }));
  await mqtt.subscribeAsync('+/says');
  const start = (number: number): Promise<AvrBoard> =>
    startBoard({ sketch: SUBJECT_SKETCH, link: devices.port(`ttyACM${number}`), grounded: jumpers(number) });
  boards = await Promise.all(IDS.map((_, number) => start(number)));
}, LIMITS.setUp);

afterAll(async () => {
  await mqtt?.endAsync(true);
  await Promise.all((boards ?? []).map((board) => board.unplug()));
  await gateway?.dispose();
  await devices?.remove();
});

const hears = (id: string, key: string): Promise<unknown> =>
  said.take(`${key} of ${id}`, (event) => event.event === `${id}/says` && key in event, LIMITS.event);

test('six Unos with one firmware are six clients, each with the name of its jumpers', {
  timeout: LIMITS.test,
}, async () => {
  await Promise.all(IDS.map((id) => hears(id, 'temperature')));
});

test('each of them hears what is said to it, and only that', { timeout: LIMITS.test }, async () => {
  for (const [number, id] of IDS.entries()) {
    const lit = boards[number]?.waitForPin('LED', 1);
    mqtt.publish(id, '{"led":1}');
    await Promise.all([lit, hears(id, 'led')]);
  }
  const answers = said.kept.filter((event) => 'led' in event);
  expect(answers, 'answers of boards that were not asked').toEqual([]);
});
