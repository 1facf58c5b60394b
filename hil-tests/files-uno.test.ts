import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommMsgType, CrossCommService, type Message } from '@crosscomm/client';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import type { Program } from '@crosscomm/testing/program';
import { joinPywayne } from '@crosscomm/testing/pywayne';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

const TIMEOUT_MS = 60_000;
const SIZE = 20_480;

let devices: FakeDevices;
let gateway: GatewayProcess;
let python: Program;
let desk: CrossCommService;
let uno: AvrBoard;

beforeAll(async () => {
  devices = await makeFakeDevices();
  gateway = new GatewayProcess({ serial: { deviceDirectory: devices.directory } }, devices.env);
  await gateway.start();
  python = await joinPywayne(gateway, 'python');
  const { host, port } = gateway.ready.http;
  desk = new CrossCommService({ ip: host, port, clientId: 'desk' });
  await desk.login();
}, 3 * TIMEOUT_MS);
afterAll(async () => {
  await uno?.unplug();
  await python?.stop();
  await desk?.logout();
  await gateway?.dispose();
  await devices?.remove();
});

/** What the sketch computes. */
function samples(): Buffer {
  let state = 1;
  return Buffer.from(
    Array.from({ length: SIZE }, () => {
      state = (state * 25_173 + 13_849) % 65_536;
      return state >> 8;
    }),
  );
}

test('an Uno that is reset in the middle of a file goes on where it was, and the file arrives unchanged', {
  timeout: 2 * TIMEOUT_MS,
}, async () => {
  const downloadDirectory = join(gateway.folder, 'desk');
  const downloaded = new Promise<Message>((resolve) => {
    desk.messageListener({ msgType: CommMsgType.FILE, fromClientId: 'uno-file', downloadDirectory }, resolve);
  });
  uno = await startBoard({ sketch: 'uno-file', link: devices.port('ttyACM0'), resetAfterBytes: SIZE / 2 });
  await uno.waitFor(({ event }) => event === 'reset');
  const message = await python.take('message', { type: 'file' }, TIMEOUT_MS);
  await uno.waitForPin('LED', 1);
  expect(message).toMatchObject({ sender: 'uno-file' });
  const content = samples();
  expect(readFileSync(String(message.content)).equals(content), 'at pywayne').toBe(true);
  const path = String((await downloaded).content);
  expect(path).toBe(join(downloadDirectory, String(message.oss_key)));
  expect(readFileSync(path).equals(content), 'at the Node client').toBe(true);
  const { host, port } = gateway.ready.http;
  const answer = await fetch(`http://${host}:${port}/objects/${message.oss_key}`);
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer()).equals(content), 'at GET /objects').toBe(true);
  // Half of it, and then the other half; all of it anew would be half as much again.
  expect((await uno.status()).sent).toBeLessThan(1.4 * SIZE);
});
