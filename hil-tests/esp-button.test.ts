import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { Program } from '@crosscomm/testing/program';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import { waitForClient, waitForSubscriber } from './host/subscriber.ts';

const ROOT = new URL('../', import.meta.url).pathname;
const BUTTON_PIN = 4;

const gateway = new GatewayProcess();
let watcher: OocsiClient;
let board: EspBoard;
let service: Program | undefined;

/** Runs the Python program that lies beside the sketch. */
function startService(): Program {
  const { host, port } = gateway.ready.oocsi;
  const args = [`${ROOT}device-sdk/arduino/examples/esp8266-button/counter.py`, host, String(port)];
  return new Program('counter.py', `${ROOT}.cache/venv/bin/python`, args, { parse: (line) => ({ event: line }) });
}

/** Presses the button, and lets it go once the sketch has said `answer`. */
async function press(answer: string): Promise<void> {
  const answered = board.lines.waitFor((line) => line === answer);
  board.setPin(BUTTON_PIN, 0);
  await answered;
  board.setPin(BUTTON_PIN, 1);
  await board.lines.waitFor((line) => line === 'released');
}

beforeAll(async () => {
  await gateway.start();
  watcher = await OocsiClient.connect(gateway.ready.oocsi.port, 'watcher');
  board = await startEspBoard({ sketch: 'esp8266-button', board: 'esp8266', gateway });
  await waitForClient(watcher, 'button-3f2a1c');
}, 300_000);

afterAll(async () => {
  watcher?.close();
  await service?.stop();
  await board?.unplug();
  await gateway.dispose();
});

test('a button whose service is not there is told so', async () => {
  await expect(press('No answer: 18')).resolves.toBeUndefined();
});

test('a button calls a Python service, and the answer lights its LED', async () => {
  service = startService();
  await service.take('waiting for presses', {}, 60_000);
  await waitForSubscriber(watcher, 'counter', 'counter');
  await press('Presses: 1');
  expect(await board.waitForLed(1)).toMatchObject({ value: 1 });
  await press('Presses: 2');
  expect(await board.waitForLed(0)).toMatchObject({ value: 0 });
  for (let presses = 0; presses < 2; presses++) await service.take('pressed by button');
}, 120_000);
