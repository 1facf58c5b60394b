import { createHash } from 'node:crypto';
import { CrossCommService } from '@crosscomm/client';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HomeAssistantCore } from '@crosscomm/testing/home-assistant/core';
import { Mosquitto } from '@crosscomm/testing/mosquitto';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { startPython } from '@crosscomm/testing/python';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMPONENTS, CONFIGURED, DESK, Device, LIGHTS } from './devices.ts';

// The real Home Assistant and the real gateway: `npm run test:home-assistant` has fetched it.

/** What `homeAssistant.maxImageBytes` is by default. */
const LARGEST_IMAGE = 1_900_000;
const IMAGE = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(100_000, 0x80), Buffer.from([0xff, 0xd9])]);

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

  /** But for what it says of each part of a device that its user deletes. */
  const complaints = (): string[] =>
    home.complaints.filter((text) => !text.startsWith('No device components to cleanup'));

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

  it('shows an image as large as it may be, sends none that a broker would not take, and goes on', async () => {
    const upload = async (bytes: number): Promise<void> => {
      const body = Buffer.concat([IMAGE.subarray(0, 3), Buffer.alloc(bytes - 3, 0x81)]);
      const address = `http://127.0.0.1:${gateway.ready.http.port}`;
      const answer = await fetch(`${address}/objects/large.jpg?from=cam&to=views&kind=image`, { method: 'PUT', body });
      expect(answer.ok).toBe(true);
    };
    const refusals = async (): Promise<unknown> => {
      const answer = await fetch(`http://127.0.0.1:${gateway.ready.http.port}/status`);
      return ((await answer.json()) as { incidents: Record<string, number> }).incidents[
        'home-assistant PEER_TOO_LARGE'
      ];
    };
    await upload(LARGEST_IMAGE);
    await expect.poll(async () => (await home.image('image.door_view')).bytes, { timeout: 20_000 }).toBe(LARGEST_IMAGE);
    await upload(LARGEST_IMAGE + 1);
    await expect.poll(refusals).toBe(1);
    await publish('bells', 'ring');
    await expect.poll(async () => (await home.states())['event.door_bell']?.[1].event_type).toBe('ring');
    expect((await home.image('image.door_view')).bytes).toBe(LARGEST_IMAGE);
  });

  it('shows and sets a device of the Python package for OOCSI, as that describes it', async () => {
    const python = startPython('python', 'oocsi_agent.py');
    python.command({ do: 'connect', handle: 'snake', ...gateway.ready.oocsi });
    await python.take('connected', {}, 20_000);
    for (const name of ['level', 'plug', 'white']) python.command({ do: 'subscribe', channel: `snake/${name}` });
    python.command({ do: 'say_all', device: 'Snake', prefix: 'snake/' });
    await home.until('sensor.snake_warmth', '20.5', { unit_of_measurement: '°C', icon: 'mdi:thermometer' });
    await home.until('number.snake_level', '3', { min: 0, max: 5, unit_of_measurement: '%' });
    await home.until('binary_sensor.snake_door', 'on', { device_class: 'door' });
    await home.until('switch.snake_plug', 'off');
    await home.until('light.snake_white', 'on', { brightness: 99, supported_color_modes: ['color_temp'] });
    await home.until('light.snake_strip', 'off', { supported_color_modes: ['rgb'] });
    expect(await home.devices()).toContainEqual(
      expect.objectContaining({ name: 'Snake', area: 'Cellar', model: 'P1' }),
    );
    await home.call('switch', 'turn_on', { entity_id: 'switch.snake_plug' });
    await python.take('message', { recipient: 'snake/plug', data: { state: true } }, 20_000);
    await home.until('switch.snake_plug', 'on');
    await home.call('light', 'turn_on', { entity_id: 'light.snake_white', color_temp_kelvin: 4000 });
    await python.take('message', { recipient: 'snake/white', data: { state: true, colorTemp: 250 } }, 20_000);
    await python.stop();
    await home.until('switch.snake_plug', 'unavailable');
    expect(complaints()).toEqual([]);
    await home.deleteDevice('Snake');
    await home.untilGone('switch.snake_plug');
  });

  it('shows a client of the frames that describes itself, and switches it in its own words', async () => {
    const desk = new CrossCommService({ clientId: 'desk-1', ip: '127.0.0.1', port: gateway.ready.http.port });
    const heard: unknown[] = [];
    await desk.login();
    for (const channel of ['desk', 'desk-mood', 'desk-bell'])
      await desk.subscribe(channel, (data) => void heard.push(data));
    await desk.describe(DESK);
    await home.until('switch.desk_lamp', 'unknown', { icon: 'mdi:lightbulb' });
    expect(await home.devices()).toContainEqual(
      expect.objectContaining({ name: 'Desk', area: 'Office', model: 'Uno' }),
    );
    await desk.send('desk', { led: 0, celsius: 21.5 });
    await home.until('switch.desk_lamp', 'off');
    await home.until('sensor.desk_heat', '21.5', { unit_of_measurement: '°C', state_class: 'measurement' });
    await home.call('switch', 'turn_on', { entity_id: 'switch.desk_lamp' });
    await home.until('switch.desk_lamp', 'on');
    await home.call('light', 'turn_on', { entity_id: 'light.desk_mood', rgb_color: [1, 2, 3] });
    await home.until('light.desk_mood', 'on', { rgb_color: [1, 2, 3] });
    await home.call('button', 'press', { entity_id: 'button.desk_bell' });
    await expect.poll(() => heard).toEqual([{ led: 1 }, { state: true, colorrgb: [1, 2, 3] }, { press: true }]);
    // Another name, and a part of another type.
    const [lamp, ...rest] = DESK.components;
    await desk.describe({ ...DESK, name: 'Table', components: [{ ...lamp, type: 'binary_sensor' } as never, ...rest] });
    await home.untilGone('switch.desk_lamp');
    await expect.poll(async () => (await home.devices()).map(({ name }) => name)).toContain('Table');
    await desk.send('desk', { led: 1 });
    await expect.poll(async () => Object.keys(await home.states()).filter((id) => /_lamp$/.test(id))).toHaveLength(1);
    await desk.logout();
    await home.until('sensor.desk_heat', 'unavailable');
    expect(complaints()).toEqual([]);
    await home.deleteDevice('Table');
    await home.untilGone('sensor.desk_heat');
  });

  it('forgets a part that a device lost while Home Assistant was away', async () => {
    await home.until('sensor.the_lab_mood', 'fine');
    await home.stop();
    const { mood, ...rest } = COMPONENTS;
    device.hello('The lab', rest);
    await device.client.settle();
    await home.start();
    await home.until('switch.the_lab_plug', 'off');
    await home.untilGone('sensor.the_lab_mood');
    device.hello('The lab');
    await home.until('sensor.the_lab_mood', 'fine');
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
