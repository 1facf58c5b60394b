import { readlink, rm, symlink } from 'node:fs/promises';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, beforeAll, test } from 'vitest';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

/** Longer than the half minute after which a board takes silence for a lost connection. */
const LIMIT_MS = 90_000;

let devices: FakeDevices;
let gateway: GatewayProcess;
let uno: AvrBoard;
let room: OocsiClient;

beforeAll(async () => {
  devices = await makeFakeDevices();
  const serial = { deviceDirectory: devices.directory, resetOnOpen: false };
  gateway = new GatewayProcess({ serial }, devices.env);
  await gateway.start();
  uno = await startBoard({ sketch: 'uno-connection', link: devices.port('ttyACM0') });
  await uno.waitForPin('LED', 1);
}, 120_000);
afterAll(async () => {
  room?.close();
  await uno?.unplug();
  await gateway?.dispose();
  await devices?.remove();
});

/** Takes the board's cable out of the computer, and gives back how to put it in. */
async function pullOut(): Promise<() => Promise<void>> {
  const port = devices.port('ttyACM0');
  const terminal = await readlink(port);
  await rm(port);
  return () => symlink(terminal, port);
}

async function listen(): Promise<void> {
  room = await OocsiClient.connect(gateway.ready.oocsi.port, 'room');
  room.send('subscribe connection');
  await room.settle();
}

/** Waits until the board has said why it was not connected; a gateway that was killed may tell what it had told before, too. */
async function hear(reason: string): Promise<void> {
  await room.takeLine((text) => text.includes('"recipient":"connection"') && text.includes(reason), LIMIT_MS);
  room.close();
}

test.each([
  ['stop', 'the gateway stops'],
  ['kill', 'no answer from the gateway'],
] as const)(
  'an Uno hears of a gateway’s %s, and that it is connected again',
  { timeout: 2 * LIMIT_MS },
  async (how, why) => {
    await gateway[how]();
    await uno.waitForPin('LED', 0);
    const plugIn = await pullOut();
    await gateway.start();
    await listen();
    await plugIn();
    await uno.waitForPin('LED', 1);
    await hear(why);
  },
);

test('an Uno hears that a gateway has lost its session, which was started again at once', {
  timeout: 2 * LIMIT_MS,
}, async () => {
  await gateway.kill();
  await gateway.start();
  await listen();
  await uno.waitForPin('LED', 0);
  await uno.waitForPin('LED', 1);
  await hear('the gateway does not know the session');
});

test('an Uno hears that its cable was pulled out', { timeout: 2 * LIMIT_MS }, async () => {
  await listen();
  const plugIn = await pullOut();
  await uno.waitForPin('LED', 0);
  await plugIn();
  await uno.waitForPin('LED', 1);
  await hear('no answer from the gateway');
});
