import { faultsOf } from '@crosscomm/testing/home-assistant/check-payload';
import { NatsServer } from '@crosscomm/testing/nats-server';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { Place } from '@crosscomm/testing/place';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

// Two gateways that know one another by a real NATS server, and each tells the same Home Assistant, an MQTT client at one of them.

const SOON = { timeout: 20_000, interval: 20 };
const CONFIG = 'homeassistant/device/crosscomm_lamp/config';
const DEVICE = {
  lamp: { properties: { device_id: 'lamp' }, components: { plug: { channel_name: 'plugs', type: 'switch' } } },
};
const NAMES = ['east', 'west'] as const;
type Name = (typeof NAMES)[number];
let server: NatsServer;
let home: MqttClient;
const places = new Map<Name, Place>();
const heard = new Map<string, string>();
/** Whose states the last payload names, one after the other. */
const announcers: string[] = [];

const at = (name: Name): Place => places.get(name) as Place;
const told = (topic: string) => expect.poll(() => heard.get(topic), SOON);

beforeAll(async () => {
  server = await NatsServer.start();
  for (const name of NAMES) {
    const place = new Place();
    places.set(name, place);
    const cluster = { servers: [server.url], gateway: name };
    await place.start({ cluster, homeAssistant: { enabled: true, prefix: name } });
  }
  for (const name of NAMES) {
    await vi.waitFor(async () => {
      const answer = await fetch(`${at(name).url}/api/v1/cluster`);
      const { gateways } = (await answer.json()) as { gateways: unknown[] };
      expect(gateways).toHaveLength(1);
    }, SOON);
  }
  home = await connectAsync(`mqtt://127.0.0.1:${at('west').listeners.mqtt.port}`, { protocolVersion: 5 });
  home.on('message', (topic, payload) => {
    heard.set(topic, payload.toString());
    if (topic !== CONFIG || payload.length === 0) return;
    const { availability, ...rest } = JSON.parse(payload.toString());
    expect(faultsOf({ availability, ...rest })).toEqual([]);
    announcers.push(availability[0].topic);
  });
  await home.subscribeAsync(['homeassistant/#', 'east/#', 'west/#']);
  for (const name of NAMES) await vi.waitFor(() => expect(heard.get(`${name}/status`)).toBe('online'), SOON);
});
afterAll(async () => {
  await home?.endAsync(true);
  for (const place of places.values()) await place.dispose();
  await server.stop();
});

async function lampAt(name: Name): Promise<OocsiClient> {
  const lamp = await OocsiClient.connect(at(name).listeners.oocsi.port, 'lamp');
  lamp.send('subscribe plugs');
  lamp.send(`sendraw heyOOCSI! ${JSON.stringify(DEVICE)}`);
  await told(`${name}/online/lamp`).toBe('online');
  return lamp;
}

/** Has Home Assistant, at one gateway, switch the lamp by the topic that the payload names, which is then heard once. */
async function switches(lamp: OocsiClient, word: 'ON' | 'OFF'): Promise<void> {
  const { components } = JSON.parse(heard.get(CONFIG) ?? '');
  await home.publishAsync(components.plug.command_topic, word);
  expect(await lamp.take('plugs')).toMatchObject({ state: word === 'ON', sender: 'home-assistant' });
  await told(components.plug.state_topic).toBe(word);
}

/** Home Assistant starts twice: what a gateway says of it at the first time is heard before all of the second. */
async function greets(): Promise<void> {
  announcers.length = 0;
  for (const count of [1, 2]) {
    await home.publishAsync('homeassistant/status', 'online');
    await expect.poll(() => announcers.length, SOON).toBeGreaterThanOrEqual(count);
  }
}

test('the gateway that a device is at tells of it, whichever Home Assistant is at', async () => {
  const lamp = await lampAt('east');
  await switches(lamp, 'ON');
  expect(new Set(announcers)).toEqual(new Set(['east/status']));
  lamp.socket.destroy();
  await told('east/online/lamp').toBe('offline');
});

test('while it is away, the one that had it goes on to tell of it, and no other', async () => {
  await greets();
  expect(new Set(announcers)).toEqual(new Set(['east/status']));
});

test('when it comes to the other gateway, that tells of it, and sets it', async () => {
  announcers.length = 0;
  const lamp = await lampAt('west');
  await expect.poll(() => announcers.at(-1), SOON).toBe('west/status');
  await switches(lamp, 'OFF');
  await home.publishAsync('homeassistant/status', 'online');
  await expect.poll(() => announcers.length, SOON).toBeGreaterThan(1);
  lamp.socket.destroy();
  await told('west/online/lamp').toBe('offline');
  expect(new Set(announcers)).toEqual(new Set(['west/status']));
});

test('a restart of the one that had it before does not take it back', async () => {
  await at('east').stop();
  await at('east').start({
    cluster: { servers: [server.url], gateway: 'east' },
    homeAssistant: { enabled: true, prefix: 'east' },
  });
  await told('east/status').toBe('online');
  await greets();
  expect(new Set(announcers)).toEqual(new Set(['west/status']));
});
