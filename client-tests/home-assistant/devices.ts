import type { DeviceDescription } from '@crosscomm/client';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';

/** What the configuration describes. */
export const CONFIGURED = {
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
/** What a device of OOCSI tells of itself. */
export const COMPONENTS = {
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
/** What a client of the frames says of itself. */
export const DESK: DeviceDescription = {
  name: 'Desk',
  area: 'Office',
  model: 'Uno',
  version: '1.2.0',
  components: [
    { name: 'lamp', type: 'switch', channel: 'desk', field: 'led', on: 1, off: 0, icon: 'lightbulb' },
    { name: 'heat', type: 'sensor', channel: 'desk', field: 'celsius', class: 'temperature', unit: '°C' },
    { name: 'mood', type: 'light', channel: 'desk-mood', modes: ['rgb'] },
    { name: 'bell', type: 'button', channel: 'desk-bell' },
  ],
};
/** Each lamp's channel, name, what is asked of it, what it hears, and what Home Assistant shows then. */
export const LIGHTS: [string, string, object, object, object][] = [
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
export class Device {
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
