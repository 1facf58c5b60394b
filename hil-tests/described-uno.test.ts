import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { faultsOf } from '@crosscomm/testing/home-assistant/check-payload';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { buildSimulator, buildSketch } from './support/avr-build.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';
import { LIMITS } from './support/settings.ts';

// An MQTT client in place of Home Assistant; the real one is in client-tests/home-assistant.

const SKETCH = new URL('../device-sdk/arduino/extras/avr/described', import.meta.url).pathname;
const CONFIG = 'homeassistant/device/crosscomm_uno-1/config';
const heard = new Map<string, string>();
let devices: FakeDevices;
let gateway: GatewayProcess;
let uno: AvrBoard;
let home: MqttClient;

vi.setConfig({ testTimeout: LIMITS.test });

const told = (topic: string) => expect.poll(() => heard.get(topic), { timeout: LIMITS.event });

beforeAll(async () => {
  await buildSimulator();
  await buildSketch(SKETCH, 'uno');
  devices = await makeFakeDevices();
  const configuration = { serial: { deviceDirectory: devices.directory }, homeAssistant: { enabled: true } };
  gateway = new GatewayProcess(configuration, devices.env);
  await gateway.start();
  home = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { protocolVersion: 5, reconnectPeriod: 0 });
  home.on('message', (topic, payload) => heard.set(topic, payload.toString()));
  await home.subscribeAsync(['homeassistant/#', 'crosscomm/#']);
  uno = await startBoard({ sketch: SKETCH, link: devices.port('ttyACM0') });
}, LIMITS.setUp);
afterAll(async () => {
  await home?.endAsync(true);
  await uno?.unplug();
  await gateway?.dispose();
  await devices?.remove();
});

test('an Uno that describes itself is shown to Home Assistant, with what it measures', async () => {
  uno.setAdc(0, 750);
  await told('crosscomm/online/uno-1').toBe('online');
  const payload = JSON.parse(heard.get(CONFIG) ?? '');
  expect(faultsOf(payload)).toEqual([]);
  expect(payload.device).toMatchObject({ name: 'Desk', suggested_area: 'Lab' });
  expect(payload.components).toMatchObject({
    lamp: { platform: 'switch' },
    warmth: { platform: 'sensor', device_class: 'temperature', unit_of_measurement: '°C' },
  });
  await told('crosscomm/state/uno-1/warmth').toMatch(/^2[45]/);
});

test('Home Assistant switches its lamp', async () => {
  await home.publishAsync('crosscomm/set/uno-1/lamp', 'ON');
  await uno.waitForPin('LED', 1);
  await told('crosscomm/state/uno-1/lamp').toBe('ON');
  await home.publishAsync('crosscomm/set/uno-1/lamp', 'OFF');
  await uno.waitForPin('LED', 0);
});

test('it is away when it is unplugged', async () => {
  await uno.unplug();
  await told('crosscomm/online/uno-1').toBe('offline');
});
