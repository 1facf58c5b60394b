import { createHash } from 'node:crypto';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HomeAssistantCore } from '@crosscomm/testing/home-assistant/core';
import { Mosquitto } from '@crosscomm/testing/mosquitto';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The real Home Assistant and the real gateway: `npm run test:home-assistant` has fetched it.

const CONFIGURED = {
  name: 'Door',
  area: 'Hall',
  components: [
    { name: 'bell', type: 'event', channel: 'bells', options: ['ring', 'knock'] },
    { name: 'open', type: 'button', channel: 'doors', field: 'open' },
    { name: 'line', type: 'text', channel: 'display' },
    { name: 'view', type: 'camera', channel: 'views' },
    { name: 'led', type: 'switch', channel: 'leds', field: 'led', on: 1, off: 0, class: 'outlet' },
  ],
};
const COMPONENTS = {
  plug: { channel_name: 'plugs', type: 'switch', state: false, icon: 'power-plug' },
  warmth: { channel_name: 'warmths', type: 'sensor', sensor_type: 'temperature', unit: 'C', value: 20.5 },
  mood: { channel_name: 'moods', type: 'sensor', sensor_type: 'x', unit: '', value: 'fine' },
  rssi: { channel_name: 'rssis', type: 'sensor', sensor_type: 'signal_strength', unit: 'dBm', value: -60 },
  door: { channel_name: 'dooropen', type: 'binary_sensor', sensor_type: 'door', state: false },
  target: { channel_name: 'targets', type: 'number', min_max: [10, 30], unit: 'C', value: 21 },
  onoff: { channel_name: 'l1', type: 'light', ledType: 'ONOFF', spectrum: ['WHITE'], state: false },
  dim: { channel_name: 'l2', type: 'light', ledType: 'DIMMABLE', spectrum: ['WHITE'], state: false, brightness: 10 },
  cct: { channel_name: 'l3', type: 'light', ledType: 'CCT', spectrum: ['CCT'], min: 150, max: 400, state: false },
  rgb: { channel_name: 'l4', type: 'light', ledType: 'RGB', spectrum: ['RGB'], state: false, brightness: 10 },
  rgbw: { channel_name: 'l5', type: 'light', ledType: 'RGBW', spectrum: ['RGB'], state: false },
  rgbww: { channel_name: 'l6', type: 'light', ledType: 'RGBWW', spectrum: ['RGB', 'CCT'], state: false },
  white: { channel_name: 'l7', type: 'light', ledType: 'RGB', spectrum: ['RGB', 'WHITE'], state: false },
};
const IMAGE = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(100_000, 0x80), Buffer.from([0xff, 0xd9])]);

const LIGHTS: [string, string, object, object, object][] = [
  ['l1', 'onoff', {}, { state: true }, { color_mode: 'onoff' }],
  ['l2', 'dim', { brightness: 99 }, { state: true, brightness: 99 }, { brightness: 99, color_mode: 'brightness' }],
  [
    'l3',
    'cct',
    { color_temp_kelvin: 4000 },
    { state: true, colorTemp: 250 },
    { color_temp_kelvin: 4000, color_mode: 'color_temp' },
  ],
  [
    'l4',
    'rgb',
    { rgb_color: [255, 128, 0], brightness: 200 },
    { state: true, colorrgb: [255, 128, 0], brightness: 200 },
    { color_mode: 'rgb', brightness: 200 },
  ],
  [
    'l5',
    'rgbw',
    { rgbw_color: [1, 2, 3, 4] },
    { state: true, colorrgbw: [1, 2, 3, 4] },
    { rgbw_color: [1, 2, 3, 4], color_mode: 'rgbw' },
  ],
  [
    'l6',
    'rgbww',
    { rgbww_color: [1, 2, 3, 4, 5] },
    { state: true, colorrgbww: [1, 2, 3, 4, 5] },
    { rgbww_color: [1, 2, 3, 4, 5], color_mode: 'rgbww' },
  ],
  ['l7', 'white', { white: 77 }, { state: true, brightnessWhite: 77 }, { color_mode: 'white', brightness: 77 }],
];

/** An OOCSI device with all its parts, which hears what is asked of it. */
class Device {
  readonly client: OocsiClient;

  private constructor(client: OocsiClient) {
    this.client = client;
  }

  static async join(port: number, name = 'The lab'): Promise<Device> {
    const device = new Device(await OocsiClient.connect(port, 'lab'));
    for (const { channel_name } of Object.values(COMPONENTS)) device.client.send(`subscribe ${channel_name}`);
    device.hello(name);
    return device;
  }

  hello(name: string, components: object = COMPONENTS): void {
    const told = { properties: { device_id: 'lab', model: 'X1' }, components, location: { Kitchen: [1, 2] } };
    this.client.send(`sendraw heyOOCSI! ${JSON.stringify({ [name]: told })}`);
  }

  /** The fields of the next message on this channel. */
  async heard(channel: string): Promise<unknown> {
    const line = await this.client.takeLine((text) => text.startsWith('{') && JSON.parse(text).recipient === channel);
    const { recipient, sender, timestamp, ...data } = JSON.parse(line);
    return data;
  }
}

/** What must be so, wherever Home Assistant's broker is. */
function rows(parts: () => { home: HomeAssistantCore; gateway: GatewayProcess }): void {
  let device: Device;
  let home: HomeAssistantCore;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    ({ home, gateway } = parts());
    device = await Device.join(gateway.ready.oocsi.port);
    await home.until('switch.the_lab_plug', 'off', {});
  });
  afterAll(() => device?.client.close());

  const inbox = async (channel: string): Promise<mqtt.MqttClient & { next: Promise<string> }> => {
    const client = await mqtt.connectAsync({ host: '127.0.0.1', port: gateway.ready.mqtt.port });
    await client.subscribeAsync(channel);
    const next = new Promise<string>((resolve) =>
      client.once('message', (_topic, payload) => resolve(payload.toString())),
    );
    return Object.assign(client, { next });
  };
  const publish = async (channel: string, payload: string | Buffer): Promise<void> => {
    const client = await mqtt.connectAsync({ host: '127.0.0.1', port: gateway.ready.mqtt.port });
    await client.publishAsync(channel, payload, { qos: 1 });
    await client.endAsync();
  };

  it('shows a device with its room, its parts and their states, and complains of nothing', async () => {
    expect(await home.devices()).toContainEqual(
      expect.objectContaining({ name: 'The lab', area: 'Kitchen', model: 'X1' }),
    );
    await home.until('sensor.the_lab_warmth', '20.5', {
      unit_of_measurement: '°C',
      device_class: 'temperature',
      state_class: 'measurement',
    });
    await home.until('sensor.the_lab_mood', 'fine');
    await home.until('sensor.the_lab_rssi', '-60', { device_class: 'signal_strength' });
    await home.until('binary_sensor.the_lab_door', 'off', { device_class: 'door' });
    await home.until('number.the_lab_target', '21', { min: 10, max: 30, unit_of_measurement: '°C' });
    await home.until('switch.the_lab_plug', 'off', { icon: 'mdi:power-plug' });
    expect(home.complaints).toEqual([]);
  });

  it('shows what the device says', async () => {
    device.client.send('sendraw warmths {"value":23.5}');
    device.client.send('sendraw dooropen {"state":true}');
    device.client.send('sendraw plugs {"state":true}');
    device.client.send('sendraw l4 {"state":true,"colorrgb":[1,2,3],"brightness":9}');
    await home.until('sensor.the_lab_warmth', '23.5');
    await home.until('binary_sensor.the_lab_door', 'on');
    await home.until('switch.the_lab_plug', 'on');
    await home.until('light.the_lab_rgb', 'on', { rgb_color: [1, 2, 3], brightness: 9 });
  });

  it('sets a switch and a number', async () => {
    await home.call('switch', 'turn_off', { entity_id: 'switch.the_lab_plug' });
    expect(await device.heard('plugs')).toEqual({ state: false });
    await home.until('switch.the_lab_plug', 'off');
    await home.call('number', 'set_value', { entity_id: 'number.the_lab_target', value: 25 });
    expect(await device.heard('targets')).toEqual({ value: 25 });
    await home.until('number.the_lab_target', '25');
  });

  it.each(LIGHTS)('sets the light on %s: %s', async (channel, name, asked, heard, shown) => {
    const entity_id = `light.the_lab_${name}`;
    await home.call('light', 'turn_on', { entity_id, ...asked });
    expect(await device.heard(channel)).toMatchObject(heard);
    await home.until(entity_id, 'on', shown as Record<string, unknown>);
    await home.call('light', 'turn_off', { entity_id });
    expect(await device.heard(channel)).toEqual({ state: false });
    await home.until(entity_id, 'off');
  });

  it('shows and uses what the configuration describes: events, buttons, texts, images, fields', async () => {
    await home.until('switch.door_led', 'unknown', { device_class: 'outlet' });
    await publish('bells', 'knock');
    await expect.poll(async () => (await home.states())['event.door_bell']?.[1].event_type).toBe('knock');
    const doors = await inbox('doors');
    await home.call('button', 'press', { entity_id: 'button.door_open' });
    expect(JSON.parse(await doors.next)).toEqual({ open: true });
    await doors.endAsync();
    const display = await inbox('display');
    await home.call('text', 'set_value', { entity_id: 'text.door_line', value: 'hello' });
    expect(JSON.parse(await display.next)).toEqual({ value: 'hello' });
    await home.until('text.door_line', 'hello');
    await display.endAsync();
    const leds = await inbox('leds');
    await home.call('switch', 'turn_on', { entity_id: 'switch.door_led' });
    expect(JSON.parse(await leds.next)).toEqual({ led: 1 });
    await home.until('switch.door_led', 'on');
    await leds.endAsync();
    await publish('views', IMAGE);
    const sha256 = createHash('sha256').update(IMAGE).digest('hex');
    await expect.poll(() => home.image('image.door_view')).toEqual({ bytes: IMAGE.length, sha256 });
  });

  it('shows images that were uploaded', async () => {
    const { port } = gateway.ready.http;
    const image = Buffer.concat([IMAGE.subarray(0, 5000), Buffer.from([0xff, 0xd9])]);
    const answer = await fetch(`http://127.0.0.1:${port}/objects/door.jpg?from=cam&to=views&kind=image`, {
      method: 'PUT',
      body: image,
    });
    expect(answer.ok).toBe(true);
    await expect.poll(async () => (await home.image('image.door_view')).bytes).toBe(image.length);
  });

  it('shows that a device is away, and that it is back', async () => {
    device.client.close();
    await home.until('switch.the_lab_plug', 'unavailable');
    device = await Device.join(gateway.ready.oocsi.port);
    await home.until('switch.the_lab_plug', 'off');
  });

  it('shows everything again after a restart of Home Assistant', async () => {
    await home.stop();
    await home.start();
    await home.until('switch.the_lab_plug', 'off');
    await home.until('sensor.the_lab_warmth', '23.5');
    await home.until('switch.door_led', 'on');
    expect(home.complaints).toEqual([]);
  });

  it('shows everything again after a restart of the gateway, also of a device that does not tell of itself again', async () => {
    const { oocsi } = gateway.ready;
    await gateway.stop();
    await home.until('switch.the_lab_plug', 'unavailable');
    await gateway.start();
    const client = await OocsiClient.connect(oocsi.port, 'lab');
    client.send('subscribe plugs');
    await home.until('switch.the_lab_plug', 'off');
    client.close();
    await home.until('switch.the_lab_plug', 'unavailable');
    device = await Device.join(oocsi.port);
  });

  it('keeps the entities of a device that has another name now', async () => {
    await home.until('switch.the_lab_plug', 'off');
    device.client.close();
    device = await Device.join(gateway.ready.oocsi.port, 'Laboratory');
    await expect.poll(async () => (await home.devices()).map(({ name }) => name)).toContain('Laboratory');
    await home.until('switch.the_lab_plug', 'off');
    device.client.close();
    device = await Device.join(gateway.ready.oocsi.port, 'The lab');
    await expect.poll(async () => (await home.devices()).map(({ name }) => name)).toContain('The lab');
  });

  it('forgets a part that the device does not have any more', async () => {
    await home.until('sensor.the_lab_mood', 'fine');
    const { mood, ...rest } = COMPONENTS;
    device.hello('The lab', rest);
    await home.untilGone('sensor.the_lab_mood');
  });

  it('forgets a device that its user deletes, and is not told of it again', async () => {
    await home.deleteDevice('The lab');
    await home.untilGone('switch.the_lab_plug');
    const { mood, ...rest } = COMPONENTS;
    device.hello('The lab', rest);
    await home.stop();
    await home.start();
    await home.until('switch.door_led', 'on');
    expect((await home.devices()).map(({ name }) => name)).toEqual(['Door']);
  });
}

describe('with this gateway as its broker', () => {
  const gateway = new GatewayProcess({ homeAssistant: { enabled: true }, devices: [CONFIGURED] });
  let home: HomeAssistantCore;
  beforeAll(async () => {
    await gateway.start();
    home = new HomeAssistantCore(gateway.ready.mqtt.port, 'direct');
    await home.start();
  });
  afterAll(async () => {
    await home?.remove();
    await gateway.dispose();
  });
  rows(() => ({ home, gateway }));
});

describe('with a mosquitto as its broker, to which a bridge leads', () => {
  let mosquitto: Mosquitto;
  let gateway: GatewayProcess;
  let home: HomeAssistantCore;
  beforeAll(async () => {
    mosquitto = await Mosquitto.start();
    const bridge = {
      ...{ name: 'home', url: `mqtt://127.0.0.1:${mosquitto.port}`, retryMs: 300, statusTopic: 'crosscomm/status' },
      topics: [
        { filter: 'homeassistant/device/+/config', direction: 'both' },
        { filter: 'homeassistant/status', direction: 'in' },
        { filter: 'crosscomm/set/#', direction: 'in' },
        { filter: 'crosscomm/state/#', direction: 'out' },
        { filter: 'crosscomm/online/#', direction: 'out' },
      ],
    };
    gateway = new GatewayProcess({ homeAssistant: { enabled: true }, devices: [CONFIGURED], bridges: [bridge] });
    await gateway.start();
    home = new HomeAssistantCore(mosquitto.port, 'bridged');
    await home.start();
  });
  afterAll(async () => {
    await home?.remove();
    await gateway?.dispose();
    await mosquitto?.remove();
  });
  rows(() => ({ home, gateway }));
});
