import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { faultsOf } from '@crosscomm/testing/home-assistant/check-payload';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';

// A real gateway and a client of MQTT in place of Home Assistant; the real one is in client-tests/home-assistant.

const COMPONENTS = { plug: { channel_name: 'plugs', type: 'switch', state: false } };
const gateway = new GatewayProcess({ homeAssistant: { enabled: true } });
const heard = new Map<string, string>();
let home: mqtt.MqttClient;

beforeAll(async () => {
  await gateway.start();
  home = await connect();
});
afterAll(async () => {
  await home?.endAsync(true);
  await gateway.dispose();
});

async function connect(): Promise<mqtt.MqttClient> {
  const { port } = gateway.ready.mqtt;
  const client = await mqtt.connectAsync({ host: '127.0.0.1', port, protocolVersion: 5, reconnectPeriod: 0 });
  client.on('message', (topic, payload) => heard.set(topic, payload.toString()));
  await client.subscribeAsync(['homeassistant/#', 'crosscomm/#']);
  return client;
}

const told = (topic: string) => expect.poll(() => heard.get(topic));

it('tells of a device of OOCSI by MQTT, and switches it', async () => {
  const device = await OocsiClient.connect(gateway.ready.oocsi.port, 'lab');
  device.send('subscribe plugs');
  device.send(
    `sendraw heyOOCSI! ${JSON.stringify({ lab: { properties: { device_id: 'lab' }, components: COMPONENTS } })}`,
  );
  await told('crosscomm/state/lab/plug').toBe('OFF');
  expect(faultsOf(JSON.parse(heard.get('homeassistant/device/crosscomm_lab/config') ?? ''))).toEqual([]);
  await home.publishAsync('crosscomm/set/lab/plug', 'ON');
  expect(await device.take('plugs')).toMatchObject({ state: true, sender: 'home-assistant' });
  await told('crosscomm/state/lab/plug').toBe('ON');
  device.socket.destroy();
  await told('crosscomm/online/lab').toBe('offline');
});

it('knows the device after a restart, and says that it goes before it does', async () => {
  await gateway.stop();
  await told('crosscomm/status').toBe('offline');
  heard.clear();
  await gateway.start();
  home = await connect();
  await told('crosscomm/status').toBe('online');
  await told('crosscomm/state/lab/plug').toBe('ON');
  await told('crosscomm/online/lab').toBe('offline');
  const device = await OocsiClient.connect(gateway.ready.oocsi.port, 'lab');
  await told('crosscomm/online/lab').toBe('online');
  device.socket.destroy();
});

it('tells no more of a device whose topic is emptied, also over a restart', async () => {
  await home.publishAsync('homeassistant/device/crosscomm_lab/config', '', { retain: true, qos: 1 });
  await told('crosscomm/online/lab').toBe('');
  await gateway.stop();
  await told('crosscomm/status').toBe('offline');
  heard.clear();
  await gateway.start();
  home = await connect();
  await told('crosscomm/status').toBe('online');
  expect([...heard.keys()].filter((topic) => topic.includes('lab'))).toEqual([]);
});
