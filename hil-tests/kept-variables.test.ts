import { readlink, rm, symlink } from 'node:fs/promises';
import { CrossCommService } from '@crosscomm/client';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { EventTrail } from './support/event-trail.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

const TIMEOUT_MS = 60_000;
const SKETCH = new URL('sketches/keeper', import.meta.url).pathname;
let devices: FakeDevices;
let gateway: GatewayProcess;
let uno: AvrBoard;
let python: Program | undefined;
let mqtt: MqttClient;
/** What is said on the board's channels, as `topic payload`. */
let said: EventTrail<string>;
let settings: string[];

/** Connects an MQTT client that hears everything of the board. */
async function listen(): Promise<void> {
  said = new EventTrail();
  settings = [];
  mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId: 'ear', reconnectPeriod: 0 });
  mqtt.on('message', (topic, payload, { retain }) => {
    said.push(`${topic} ${payload}${retain ? ' retained' : ''}`);
    if (topic === 'house' && !retain) settings.push(String(payload));
  });
  await mqtt.subscribeAsync(['house', 'says']);
}

/** It may be said twice: what a board had not acknowledged comes to it again after a reset. */
const hear = (line: string): Promise<string> => said.waitFor((text) => text === line);

/** What a client that subscribes to the topic now is given. */
async function retained(): Promise<string> {
  const late = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId: 'late' });
  const payload = new Promise<string>((resolve) => late.on('message', (_, bytes) => resolve(bytes.toString())));
  await late.subscribeAsync('house');
  const text = await payload;
  await late.endAsync();
  return text;
}

beforeAll(async () => {
  devices = await makeFakeDevices();
  gateway = new GatewayProcess({ serial: { deviceDirectory: devices.directory } }, devices.env);
  await gateway.start();
  await listen();
  uno = await startBoard({ sketch: SKETCH, link: devices.port('ttyACM0') });
}, 120_000);
afterAll(async () => {
  await python?.stop();
  await mqtt?.endAsync(true);
  await uno?.unplug();
  await gateway?.dispose();
  await devices?.remove();
});

test('what the sketch began with becomes the kept value where there is none', { timeout: TIMEOUT_MS }, async () => {
  await hear('house {"level":1}');
  expect(await retained()).toBe('{"level":1}');
});

test('a board has after a reset what an OOCSI variable was set to', { timeout: TIMEOUT_MS }, async () => {
  python = startPython('python', 'oocsi_agent.py');
  python.command({ do: 'connect', handle: 'python', ...gateway.ready.oocsi });
  await python.take('connected', {}, TIMEOUT_MS);
  python.command({ do: 'variable', channel: 'house', key: 'level' });
  python.command({ do: 'set_variable', key: 'level', value: 7 });
  await hear('says 7');
  uno.reset();
  await hear('says 7');
  expect(settings.map((text) => JSON.parse(text))).toEqual([{ level: 1 }, { level: 7 }]);
  expect(await retained()).toBe('{"level":7}');
});

test('and after a reset while the gateway was killed', { timeout: TIMEOUT_MS }, async () => {
  await python?.stop();
  python = undefined;
  await gateway.kill();
  // It is plugged in when there is somebody who hears what it says.
  const port = devices.port('ttyACM0');
  const terminal = await readlink(port);
  await rm(port);
  uno.reset();
  await gateway.start();
  await listen();
  // It has asked in vain, less and less often: so it asks at once.
  uno.reset();
  await symlink(terminal, port);
  await hear('says 7');
  expect(settings).toEqual([]);
});

test('a value that the board set comes back to it, and to a Node program', { timeout: TIMEOUT_MS }, async () => {
  await mqtt.publishAsync('$direct/uno-keeper', '{"set":5}', { qos: 1 });
  await hear('says 5');
  await hear('house {"level":5}');
  uno.reset();
  await hear('says 5');
  const node = new CrossCommService({ clientId: 'node', port: gateway.ready.http.port });
  await node.login();
  const level = node.variable('house', 'level', { keep: true });
  expect(await new Promise((resolve) => level.onChange(resolve))).toBe(5);
  await level.forget();
  await node.logout();
});

test('a retained MQTT message sets it, beside other values of the channel', { timeout: TIMEOUT_MS }, async () => {
  // What was forgotten is kept again once the board asks.
  uno.reset();
  await hear('house {"level":1}');
  await mqtt.publishAsync('house', '{"door":"open"}', { qos: 1, retain: true });
  await mqtt.publishAsync('house', '{"level":9}', { qos: 1, retain: true });
  await hear('says 9');
  uno.reset();
  await hear('says 9');
  expect(JSON.parse(await retained())).toEqual({ door: 'open', level: 9 });
});

test('a board whose value was forgotten begins with its own', { timeout: TIMEOUT_MS }, async () => {
  await mqtt.publishAsync('house', '{"level":null}', { qos: 1 });
  uno.reset();
  await hear('house {"level":1}');
  expect(JSON.parse(await retained())).toEqual({ door: 'open', level: 1 });
});
