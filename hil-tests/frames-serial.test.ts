import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

let devices: FakeDevices;
let gateway: GatewayProcess;
let uno: AvrBoard;
let oocsi: OocsiClient;
let mqtt: MqttClient;

beforeAll(async () => {
  devices = await makeFakeDevices();
  gateway = new GatewayProcess({ serial: { deviceDirectory: devices.directory } }, devices.env);
  await gateway.start();
  oocsi = await OocsiClient.connect(gateway.ready.oocsi.port, 'oocsi');
  mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId: 'mqtt' });
  oocsi.send('subscribe temperature');
  await oocsi.settle();
  uno = await startBoard({ sketch: 'uno-frames', link: devices.port('ttyACM0') });
  uno.setAdc(0, 715);
}, 120_000);
afterAll(async () => {
  oocsi?.close();
  await mqtt?.endAsync(true);
  await uno?.unplug();
  await gateway?.dispose();
  await devices?.remove();
});

test('an Uno with the library joins by its own name, and its temperature reaches an OOCSI client', async () => {
  const line = await oocsi.takeLine((text) => /"json":2[01]\.\d/.test(text));
  expect(JSON.parse(line)).toMatchObject({ recipient: 'temperature', sender: 'uno-1' });
});

test.each([1, 0] as const)('an MQTT client switches its LED to %i through a channel', async (value) => {
  const switched = uno.waitForPin('LED', value);
  // The device may still be declaring its channels: who is there is told by OOCSI itself.
  await expect
    .poll(async () => {
      oocsi.send('channels lamp');
      return await oocsi.takeLine((text) => text.includes('uno-1'), 500).catch(() => '');
    })
    .toContain('uno-1');
  mqtt.publish('lamp', String(value));
  expect(await switched).toMatchObject({ value });
});
