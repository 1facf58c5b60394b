import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { secretToken } from '@crosscomm/testing/secrets';
import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';

const TOKENS = { hass: secretToken(), lab: secretToken() };
const COMPONENTS = {
  plug: { channel_name: 'plugs', type: 'switch', state: false },
  safe: { channel_name: 'safes', type: 'switch', state: false },
};
/** As docs/home-assistant.md has it. */
const HOME = [
  { allow: 'subscribe', topics: ['homeassistant/#', 'crosscomm/#'] },
  { allow: 'send', topics: ['homeassistant/#', 'crosscomm/set/#', 'plugs'] },
  { allow: 'clear' },
];
const gateway = new GatewayProcess({
  homeAssistant: { enabled: true },
  auth: { anonymous: 'deny', roles: { home: HOME } },
});
const heard = new Map<string, string>();
let home: mqtt.MqttClient;
let device: OocsiClient;

beforeAll(async () => {
  await saveAccounts(gateway.dataDir, [
    accountOf('hass', { token: TOKENS.hass, roles: ['home'] }),
    accountOf('lab', { token: TOKENS.lab }),
  ]);
  await gateway.start();
  const { port } = gateway.ready.mqtt;
  home = await mqtt.connectAsync({
    host: '127.0.0.1',
    port,
    protocolVersion: 5,
    username: 'hass',
    password: TOKENS.hass,
  });
  home.on('message', (topic, payload) => heard.set(topic, payload.toString()));
  await home.subscribeAsync(['homeassistant/+/+/config', 'crosscomm/state/#']);
  device = await OocsiClient.connect(gateway.ready.oocsi.port, `lab:${TOKENS.lab}`);
  for (const { channel_name } of Object.values(COMPONENTS)) device.send(`subscribe ${channel_name}`);
  device.send(
    `sendraw heyOOCSI! ${JSON.stringify({ lab: { properties: { device_id: 'lab' }, components: COMPONENTS } })}`,
  );
});
afterAll(async () => {
  device?.close();
  await home?.endAsync(true);
  await gateway.dispose();
});

it('switches what the account of Home Assistant may send to, and nothing else', async () => {
  await expect.poll(() => heard.get('crosscomm/state/lab/safe')).toBe('OFF');
  await home.publishAsync('crosscomm/set/lab/safe', 'ON', { qos: 1 });
  await home.publishAsync('crosscomm/set/lab/plug', 'ON', { qos: 1 });
  const line = await device.takeLine((text) => text.startsWith('{') && text.includes('home-assistant'));
  expect(JSON.parse(line)).toMatchObject({ recipient: 'plugs', state: true });
  await expect.poll(() => heard.get('crosscomm/state/lab/plug')).toBe('ON');
  expect(heard.get('crosscomm/state/lab/safe')).toBe('OFF');
});

it('is not told again of a device that Home Assistant has deleted', async () => {
  await home.publishAsync('homeassistant/device/crosscomm_lab/config', '', { retain: true, qos: 1 });
  await expect.poll(() => heard.get('crosscomm/state/lab/plug')).toBe('');
  // Not the same map: the client before may be told a little more of what goes.
  const heardAgain = new Map<string, string>();
  const { port } = gateway.ready.mqtt;
  const again = await mqtt.connectAsync({
    host: '127.0.0.1',
    port,
    protocolVersion: 5,
    username: 'hass',
    password: TOKENS.hass,
  });
  again.on('message', (topic, payload) => heardAgain.set(topic, payload.toString()));
  await again.subscribeAsync(['homeassistant/+/+/config', 'crosscomm/#']);
  await expect.poll(() => heardAgain.get('crosscomm/status')).toBe('online');
  expect([...heardAgain.keys()]).toEqual(['crosscomm/status']);
  await again.endAsync(true);
});
