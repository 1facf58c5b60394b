import { readlink, rm, symlink } from 'node:fs/promises';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

/** Longer than the half minute after which a board takes silence for a lost connection. */
const LIMIT_MS = 90_000;

let devices: FakeDevices;
let gateway: GatewayProcess;
let uno: AvrBoard;
let listener: MqttClient;
/** What the board said when it was connected again. */
let reasons: string[];

beforeAll(async () => {
  devices = await makeFakeDevices();
  const serial = { deviceDirectory: devices.directory, resetOnOpen: false };
  gateway = new GatewayProcess({ serial }, devices.env);
  await gateway.start();
  // The gateway keeps its session on disk: it hears too what the board says before it is back itself.
  const options = { clientId: 'listener', clean: false, reconnectPeriod: 500 };
  listener = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, options);
  listener.on('message', (_topic, payload) => reasons.push(payload.toString()));
  listener.on('error', () => {});
  await listener.subscribeAsync('connection', { qos: 1 });
  uno = await startBoard({ sketch: 'uno-connection', link: devices.port('ttyACM0') });
  await uno.waitForPin('LED', 1);
}, 120_000);
beforeEach(() => {
  reasons = [];
});
afterAll(async () => {
  await listener?.endAsync(true);
  await uno?.unplug();
  await gateway?.dispose();
  await devices?.remove();
});

/** Waits until the board is connected again, and has said why it was not. */
async function hear(reason: string): Promise<void> {
  await uno.waitForPin('LED', 1);
  await expect.poll(() => reasons, { timeout: LIMIT_MS }).toContain(reason);
}

test.each([
  ['stop', 'the gateway stops'],
  ['kill', 'no answer from the gateway'],
] as const)(
  'an Uno hears of a gateway’s %s, and that it is connected again',
  {
    timeout: 2 * LIMIT_MS,
  },
  async (how, reason) => {
    await gateway[how]();
    await uno.waitForPin('LED', 0);
    await gateway.start();
    await hear(reason);
  },
);

test('an Uno hears that a gateway has lost its session, which was started again at once', {
  timeout: 2 * LIMIT_MS,
}, async () => {
  await gateway.kill();
  await gateway.start();
  await uno.waitForPin('LED', 0);
  await hear('the gateway does not know the session');
});

test('an Uno hears that its cable was pulled out', { timeout: 2 * LIMIT_MS }, async () => {
  const port = devices.port('ttyACM0');
  const terminal = await readlink(port);
  await rm(port);
  await uno.waitForPin('LED', 0);
  await symlink(terminal, port);
  await hear('no answer from the gateway');
});
