import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GatewayProcess } from '../gateway/test/support/gateway-process.ts';
import type { Program } from '../gateway/test/support/program.ts';
import { startPython } from '../gateway/test/support/python.ts';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

const COMMAND = fileURLToPath(new URL('../gateway/dist/cli/main.js', import.meta.url));
const TIMEOUT_MS = 60_000;
const SIZE = 20_480;

let devices: FakeDevices;
let gateway: GatewayProcess;
let python: Program;
let uno: AvrBoard;

beforeAll(async () => {
  devices = await makeFakeDevices();
  gateway = new GatewayProcess({ serial: { deviceDirectory: devices.directory } }, devices.env);
  await gateway.start();
  python = startPython('python', 'pywayne_agent.py', [], { env: await createKey('python') });
  await python.take('started', {}, TIMEOUT_MS);
  const downloads = join(gateway.folder, 'downloads');
  python.command({ do: 'login', client_id: 'python', ...gateway.ready.http, downloads });
  await python.take('message', { type: 'login_response', content: { status: 'success' } }, TIMEOUT_MS);
}, 3 * TIMEOUT_MS);
afterAll(async () => {
  await uno?.unplug();
  await python?.stop();
  await gateway?.dispose();
  await devices?.remove();
});

/** The variables with which pywayne takes the gateway for its object storage. */
async function createKey(name: string): Promise<Record<string, string>> {
  const args = [COMMAND, 'oss-keys', 'create', name, '--data-dir', gateway.dataDir];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const variables = stdout.trim().matchAll(/^(?:export )?(\w+)=(.*)$/gm);
  return {
    ...Object.fromEntries([...variables].map(([, key, value]) => [key, value])),
    OSS_ENDPOINT: `http://127.0.0.1:${gateway.ready.oss.port}`,
  };
}

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

/** Waits until the board has sent so many bytes. */
async function untilSent(bytes: number): Promise<void> {
  while ((await uno.status()).sent < bytes) await setTimeout(20);
}

test('an Uno that is reset in the middle of a file goes on where it was, and the file arrives unchanged', {
  timeout: 2 * TIMEOUT_MS,
}, async () => {
  uno = await startBoard({ sketch: 'uno-file', link: devices.port('ttyACM0') });
  await untilSent(SIZE / 2);
  uno.reset();
  const message = await python.take('message', { type: 'file' }, TIMEOUT_MS);
  await uno.waitForPin('LED', 1);
  expect(message).toMatchObject({ sender: 'uno-file' });
  const content = samples();
  expect(readFileSync(String(message.content)).equals(content), 'at pywayne').toBe(true);
  const { host, port } = gateway.ready.http;
  const answer = await fetch(`http://${host}:${port}/objects/${message.oss_key}`);
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer()).equals(content), 'at GET /objects').toBe(true);
  // Half of it, and then the other half; all of it anew would be half as much again.
  expect((await uno.status()).sent).toBeLessThan(1.4 * SIZE);
});
