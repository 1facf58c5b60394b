import { readlink, rm, symlink } from 'node:fs/promises';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { connectAsync } from 'mqtt';
import { type TestContext, test } from 'vitest';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

/** Longer than the half minute after which a board takes silence for a lost connection. */
const LIMIT_MS = 90_000;

interface Room {
  devices: FakeDevices;
  gateway: GatewayProcess;
  uno: AvrBoard;
  /** Waits until the board is connected again, and has said why it was not. */
  hear(reason: string): Promise<void>;
}

/** A gateway and an Uno that is connected to it. The tests wait for half a minute, so each has a room of its own and they run side by side. */
async function room(context: TestContext): Promise<Room> {
  const { onTestFinished } = context;
  const devices = await makeFakeDevices();
  onTestFinished(() => devices.remove());
  const serial = { deviceDirectory: devices.directory, resetOnOpen: false };
  const gateway = new GatewayProcess({ serial }, devices.env);
  onTestFinished(() => gateway.dispose());
  await gateway.start();
  // The gateway keeps its session on disk: it hears too what the board says before it is back itself.
  const options = { clientId: 'listener', clean: false, reconnectPeriod: 500 };
  const listener = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, options);
  onTestFinished(() => listener.endAsync(true));
  const reasons: string[] = [];
  listener.on('message', (_topic, payload) => reasons.push(payload.toString()));
  listener.on('error', () => {});
  await listener.subscribeAsync('connection', { qos: 1 });
  const uno = await startBoard({ sketch: 'uno-connection', link: devices.port('ttyACM0') });
  onTestFinished(() => uno.unplug());
  await uno.waitForPin('LED', 1);
  reasons.length = 0;
  const hear = async (reason: string): Promise<void> => {
    await uno.waitForPin('LED', 1);
    await context.expect.poll(() => reasons, { timeout: LIMIT_MS }).toContain(reason);
  };
  return { devices, gateway, uno, hear };
}

for (const [how, reason] of [
  ['stop', 'the gateway stops'],
  ['kill', 'no answer from the gateway'],
] as const) {
  test.concurrent(`an Uno hears of a gateway’s ${how}, and that it is connected again`, {
    timeout: 3 * LIMIT_MS,
  }, async (context) => {
    const { gateway, uno, hear } = await room(context);
    await gateway[how]();
    await uno.waitForPin('LED', 0);
    await gateway.start();
    await hear(reason);
  });
}

test.concurrent('an Uno hears that a gateway has lost its session, which was started again at once', {
  timeout: 3 * LIMIT_MS,
}, async (context) => {
  const { gateway, uno, hear } = await room(context);
  await gateway.kill();
  await gateway.start();
  await uno.waitForPin('LED', 0);
  await hear('the gateway does not know the session');
});

test.concurrent('an Uno hears that its cable was pulled out', { timeout: 3 * LIMIT_MS }, async (context) => {
  const { devices, uno, hear } = await room(context);
  const port = devices.port('ttyACM0');
  const terminal = await readlink(port);
  await rm(port);
  await uno.waitForPin('LED', 0);
  await symlink(terminal, port);
  await hear('no answer from the gateway');
});
