import { expect, it } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { idOf } from '../../../src/integrations/home-assistant/ids.ts';
import { buildHome, HEARD_MS, MemoryNotes } from './support.ts';

const ROOM = idOf('The room');
const PLUG = { channel_name: 'plugs', type: 'switch', state: false, icon: 'power-plug' };
const WARMTH = { channel_name: 'warmths', type: 'sensor', sensor_type: 'temperature', unit: 'C', value: 20.5 };
const LIGHT = {
  channel_name: 'lights',
  type: 'light',
  ledType: 'RGB',
  spectrum: ['RGB', 'CCT'],
  state: false,
  brightness: 51,
};

function device(handle: string, components: object): object {
  return { properties: { device_id: handle, maker: 'Ada', model: 'M1' }, components, location: { Kitchen: [1, 2] } };
}

it('tells of a device that said hello: what it is, that it is there, and how it is', async () => {
  const { join, hello, told, payload } = await buildHome();
  join('room', 'plugs');
  hello('room', { 'The room': device('room', { plug: PLUG, warmth: WARMTH }) });
  const { device: about, components } = payload(ROOM);
  expect(about).toMatchObject({ name: 'The room', suggested_area: 'Kitchen', manufacturer: 'Ada', model: 'M1' });
  expect(Object.keys(components)).toEqual(['plug', 'warmth']);
  expect(told()).toMatchObject({
    [`crosscomm/online/${ROOM}`]: 'online',
    [`crosscomm/state/${ROOM}/plug`]: 'OFF',
    [`crosscomm/state/${ROOM}/warmth`]: '20.5',
  });
});

it('tells what a device says since, and only what is new', async () => {
  const { join, hello, say, told } = await buildHome();
  join('lab');
  hello('lab', { lab: device('lab', { plug: PLUG, warmth: WARMTH }) });
  told();
  say('lab', 'warmths', { value: 21 });
  say('lab', 'warmths', { value: 21 });
  say('lab', 'warmths', { value: 'broken' });
  say('anna', 'plugs', { state: true });
  expect(told()).toEqual({ 'crosscomm/state/lab/warmth': '21', 'crosscomm/state/lab/plug': 'ON' });
});

it('sends a device what is asked of it in its own words, and says that it is so', async () => {
  const { join, hello, say, told } = await buildHome();
  const lab = join('lab', 'plugs', 'lights');
  hello('lab', { lab: device('lab', { plug: PLUG, light: LIGHT }) });
  told();
  say('hass', 'crosscomm/set/lab/plug', 'ON');
  say('hass', 'crosscomm/set/lab/light', { state: 'ON', color: { r: 255, g: 128, b: 0 }, brightness: 100 });
  say('hass', 'crosscomm/set/lab/light', { state: 'ON', color_temp: 300 });
  expect(lab.received.map(({ from, to, text }) => [from, to, JSON.parse(text)])).toEqual([
    ['home-assistant', 'plugs', { state: true }],
    ['home-assistant', 'lights', { state: true, brightness: 100, colorrgb: [255, 128, 0] }],
    ['home-assistant', 'lights', { state: true, colorTemp: 300 }],
  ]);
  const { 'crosscomm/state/lab/light': light, ...rest } = told();
  expect(JSON.parse(light ?? '')).toEqual({ state: 'ON', color_mode: 'color_temp', brightness: 100, color_temp: 300 });
  expect(rest).toMatchObject({ 'crosscomm/state/lab/plug': 'ON' });
});

it('says nothing of what nobody has heard, and refuses what cannot be asked', async () => {
  const { join, hello, say, told, house } = await buildHome();
  join('lab');
  hello('lab', { lab: device('lab', { plug: PLUG, warmth: WARMTH }) });
  told();
  say('hass', 'crosscomm/set/lab/plug', 'ON');
  say('hass', 'crosscomm/set/lab/plug', 'MAYBE');
  say('hass', 'crosscomm/set/lab/warmth', '5');
  say('hass', 'crosscomm/set/nobody/plug', 'ON');
  say('stranger', 'crosscomm/set/lab/plug', 'OFF');
  expect(Object.keys(told()).filter((topic) => topic.startsWith('crosscomm/state'))).toEqual([]);
  expect(house.incidents.counts()).toEqual({
    'home-assistant PEER_MALFORMED': 2,
    'home-assistant PEER_NOT_FOUND': 1,
    'home-assistant PEER_NOT_ALLOWED': 1,
  });
});

it('says when a device comes and goes, and that of the gateway', async () => {
  const { join, hello, told, house, home } = await buildHome();
  const lab = join('lab');
  hello('lab', { lab: device('lab', { plug: PLUG }) });
  house.hub.leave(lab, 'closed');
  expect(told()).toMatchObject({ 'crosscomm/online/lab': 'offline' });
  join('lab');
  expect(told()).toEqual({ 'crosscomm/online/lab': 'online' });
  home.sayGoodbye();
  expect(told()).toEqual({ 'crosscomm/status': 'offline' });
});

it('tells everything anew to a Home Assistant that has started', async () => {
  const { join, hello, say, told, house } = await buildHome();
  join('lab');
  hello('lab', { lab: device('lab', { plug: PLUG, warmth: WARMTH }) });
  say('lab', 'warmths', { value: 19 });
  told();
  say('hass', 'homeassistant/status', 'online');
  house.clock.advance(HEARD_MS);
  expect(Object.keys(told()).sort()).toEqual([
    'crosscomm/online/lab',
    'crosscomm/state/lab/plug',
    'crosscomm/state/lab/warmth',
    'homeassistant/device/crosscomm_lab/config',
  ]);
});

it('respects that a device was deleted there, until it is another', async () => {
  const { join, hello, say, told, house, notes } = await buildHome();
  join('lab', 'plugs');
  hello('lab', { lab: device('lab', { plug: PLUG }) });
  told();
  say('hass', 'homeassistant/device/crosscomm_lab/config', '');
  expect(told()).toMatchObject({ 'crosscomm/online/lab': '', 'crosscomm/state/lab/plug': '' });
  say('hass', 'homeassistant/status', 'online');
  hello('lab', { lab: device('lab', { plug: PLUG }) });
  say('lab', 'plugs', { state: true });
  expect(Object.keys(told())).toEqual([]);
  await expect.poll(() => notes.kept.get('lab')).toContain('"isDeleted":true');
  const again = await buildHome({ notes });
  again.hello('lab', { lab: device('lab', { plug: PLUG }) });
  expect(Object.keys(again.told())).toEqual(['crosscomm/status']);
  hello('lab', { lab: device('lab', { plug: PLUG, warmth: WARMTH }) });
  expect(Object.keys(told())).toContain('homeassistant/device/crosscomm_lab/config');
  expect(house.incidents.counts()).toEqual({});
});

it('has Home Assistant forget a part that a device does not have any more', async () => {
  const { join, hello, payload } = await buildHome();
  join('lab');
  hello('lab', { lab: device('lab', { plug: PLUG, warmth: WARMTH }) });
  hello('lab', { lab: device('lab', { plug: PLUG }) });
  expect(payload('lab').components.warmth).toEqual({ platform: 'sensor' });
});

it('knows a device that came back with another name and the same parts', async () => {
  const { join, hello, payload, told, house } = await buildHome();
  const lab = join('lab');
  hello('lab', { lab: device('lab', { plug: PLUG }) });
  house.hub.leave(lab, 'closed');
  join('lab');
  hello('lab', { Laboratory: device('lab', { plug: PLUG }) });
  expect(payload('lab').device).toMatchObject({ name: 'Laboratory' });
  told();
  house.clock.advance(60_000);
  expect(told()).toEqual({});
});

it('forgets a device that its client tells of no more since it came back, and no other', async () => {
  const { join, hello, told, house } = await buildHome();
  const lab = join('lab');
  const both = { one: device('lab', { plug: PLUG }), two: device('lab', { warmth: WARMTH }) };
  hello('lab', both);
  house.hub.leave(lab, 'closed');
  join('lab');
  told();
  house.clock.advance(60_000);
  expect(told()).toEqual({});
  hello('lab', { one: both.one });
  house.clock.advance(60_000);
  expect(told()['homeassistant/device/crosscomm_two/config']).toBe('');
});

it('tells of no device whose name is new at each start', async () => {
  const { house, hello, told } = await buildHome();
  const { MemorySession } = await import('@crosscomm/testing/test-hub');
  house.hub.join(new MemorySession('lamp-1234', 'http'));
  hello('lamp-1234', { 'lamp-1234': device('lamp-1234', { plug: PLUG }) });
  expect(Object.keys(told()).filter((topic) => topic.endsWith('/config'))).toEqual([]);
});

it('remembers devices over a restart, with what they were told to be, as they tell of themselves once', async () => {
  const notes = new MemoryNotes();
  const before = await buildHome({ notes });
  before.join('lab');
  before.hello('lab', { lab: device('lab', { plug: PLUG }) });
  await before.home.stop();
  const after = await buildHome({ notes });
  expect(after.payload('lab').components).toHaveProperty('plug');
  const lab = after.join('lab', 'plugs');
  after.say('hass', 'crosscomm/set/lab/plug', 'ON');
  expect(lab.received.map(({ text }) => text)).toEqual(['{"state":true}']);
});

it('tells of devices that the configuration describes, with fields of their own, and forgets those that it describes no more', async () => {
  const desk = {
    name: 'Desk',
    client: 'uno',
    area: 'Office',
    components: [
      { name: 'lamp', type: 'switch', channel: 'uno', field: 'led', on: 1, off: 0 },
      { name: 'warmth', type: 'sensor', channel: 'uno', field: 'temperature', class: 'temperature', unit: '°C' },
      { name: 'bell', type: 'event', channel: 'bells', options: ['ring', 'knock'] },
      { name: 'line', type: 'text', channel: 'display' },
      { name: 'door', type: 'button', channel: 'doors', field: 'open' },
    ],
  };
  const notes = new MemoryNotes();
  const first = await buildHome({ devices: [desk], notes });
  expect(first.payload('Desk').device).toMatchObject({ suggested_area: 'Office' });
  first.told();
  const uno = first.join('uno-too', 'uno', 'display', 'doors');
  first.say('uno', 'uno', { temperature: 21.5, led: 1 });
  first.say('uno', 'bells', { event: 'ring' });
  first.say('uno', 'bells', 'knock');
  first.say('hass', 'crosscomm/set/Desk/lamp', 'OFF');
  first.say('hass', 'crosscomm/set/Desk/line', 'hello');
  first.say('hass', 'crosscomm/set/Desk/door', 'PRESS');
  expect(uno.received.map(({ text }) => JSON.parse(text)).slice(1)).toEqual([
    { led: 0 },
    { value: 'hello' },
    { open: true },
  ]);
  expect(first.told()).toMatchObject({
    'crosscomm/state/Desk/warmth': '21.5',
    'crosscomm/state/Desk/lamp': 'OFF',
    'crosscomm/state/Desk/bell': '{"event_type":"knock"}',
    'crosscomm/state/Desk/line': 'hello',
  });
  await first.home.stop();
  const second = await buildHome({ notes });
  expect(second.house.hub.retained('homeassistant/device/crosscomm_Desk/config')).toBeUndefined();
  second.told();
  // A Home Assistant that was away forgets what it is told of since it started.
  second.say('homeassistant', 'homeassistant/status', 'online');
  expect(second.payload('Desk').device).toMatchObject({ name: 'Desk' });
  second.house.clock.advance(HEARD_MS);
  expect(second.told()['homeassistant/device/crosscomm_Desk/config']).toBe('');
  await expect.poll(() => notes.kept.has('Desk')).toBe(false);
});

it('names the part where several share a channel', async () => {
  const { join, hello, say, told } = await buildHome();
  const lab = join('lab', 'plugs');
  hello('lab', { lab: device('lab', { left: PLUG, right: PLUG }) });
  told();
  say('hass', 'crosscomm/set/lab/left', 'ON');
  expect(lab.received.map(({ text }) => JSON.parse(text))).toEqual([{ state: true, component: 'left' }]);
  const states = Object.keys(told()).filter((topic) => topic.startsWith('crosscomm/state'));
  expect(states).toEqual(['crosscomm/state/lab/left']);
});

it('sends images on, of bytes and of objects, the last again to one that starts, and none that is too large', async () => {
  const camera = { name: 'Cam', components: [{ name: 'view', type: 'camera', channel: 'views' }] };
  const { say, told, house, images } = await buildHome({ devices: [camera], config: { maxImageBytes: 1000 } });
  told();
  const send = (body: Uint8Array | string, more = {}): void => {
    const kind = typeof body === 'string' ? 'image' : 'bytes';
    house.hub.send(new Message({ from: 'cam', to: 'views', kind, body, timestampMs: 0, ...more }));
  };
  send(Buffer.alloc(10));
  expect(told()).toEqual({ 'crosscomm/state/Cam/view': '10 bytes' });
  images.set('cam/a.jpg', Buffer.alloc(20));
  send('a.jpg', { objectKey: 'cam/a.jpg' });
  await expect.poll(told).toEqual({ 'crosscomm/state/Cam/view': '20 bytes' });
  send(Buffer.alloc(1001));
  expect(told()).toEqual({});
  expect(house.incidents.counts()).toEqual({ 'home-assistant PEER_TOO_LARGE': 1 });
  say('hass', 'homeassistant/status', 'online');
  house.clock.advance(HEARD_MS);
  expect(told()).toMatchObject({ 'crosscomm/state/Cam/view': '20 bytes' });
});

it('is silent of a device that is at another gateway, and tells of it when it comes back', async () => {
  const { join, hello, told, say, house } = await buildHome();
  const lab = join('lab');
  hello('lab', { lab: device('lab', { plug: PLUG }) });
  house.hub.leave(lab, 'closed');
  const gateway = { name: 'attic', heardMs: 0 };
  house.hub.elsewhere.put('lab', { gateway, protocol: 'oocsi', account: undefined, sinceMs: 0 });
  told();
  say('hass', 'homeassistant/status', 'online');
  house.clock.advance(HEARD_MS);
  say('hass', 'crosscomm/set/lab/plug', 'ON');
  say('lab', 'plugs', { state: true });
  expect(Object.keys(told())).toEqual([]);
  house.hub.elsewhere.delete('lab');
  join('lab');
  house.clock.advance(HEARD_MS);
  expect(Object.keys(told())).toContain('homeassistant/device/crosscomm_lab/config');
  expect(house.incidents.counts()).toEqual({});
});

it('reports channels that cannot be heard, and goes on with the others', async () => {
  const { join, hello, say, told, house } = await buildHome();
  join('lab');
  const odd = { ...PLUG, channel_name: 'crosscomm/set/lab/plug' };
  hello('lab', {
    lab: device('lab', {
      plug: PLUG,
      odd,
      wild: { ...PLUG, channel_name: 'a/#' },
      secret: { ...PLUG, channel_name: 'x:y' },
    }),
  });
  told();
  say('lab', 'plugs', { state: true });
  expect(told()).toEqual({ 'crosscomm/state/lab/plug': 'ON' });
  expect(house.incidents.counts()).toEqual({ 'home-assistant PEER_BAD_NAME': 3 });
});

it('reads what each of the libraries for OOCSI says of a device', async () => {
  const { join, hello, payload } = await buildHome();
  for (const id of ['esp', 'python', 'java']) join(id);
  const esp = {
    lamp: { channel_name: 'a', type: 'light', ledType: 'RGB', spectrum: ['RGB'], state: false, icon: 'lamp' },
  };
  const python = {
    warmth: {
      channel_name: 'b',
      type: 'sensor',
      sensor_type: 'temperature',
      unit: '°C',
      value: 1,
      mode: 'auto',
      step: null,
      icon: null,
    },
    level: { channel_name: 'c', type: 'number', min_max: [0, 5], unit: '%', value: 3, icon: null },
    lamp: {
      channel_name: 'd',
      type: 'light',
      ledType: 'CCT',
      spectrum: 'CCT',
      min_max: [150, 400],
      state: true,
      brightness: 9,
      icon: null,
    },
  };
  const java = {
    lamp: { channel_name: 'e', type: 'light', ledtype: 'DIMMABLE', state: false },
    door: { channel_name: 'f', type: 'binary_sensor', sensor_type: 'door' },
  };
  hello('esp', { esp: device('esp', esp) });
  hello('python', { python: device('python', python) });
  hello('java', { clientHandle: 'java', properties: {}, components: java, location: { Attic: [1, 2] } });
  expect(payload('esp').components.lamp).toMatchObject({ supported_color_modes: ['rgb'], icon: 'mdi:lamp' });
  expect(payload('python').components).toMatchObject({
    warmth: { device_class: 'temperature', unit_of_measurement: '°C' },
    level: { min: 0, max: 5 },
    lamp: { supported_color_modes: ['color_temp'], min_mireds: 150, max_mireds: 400 },
  });
  expect(payload('java').device).toMatchObject({ name: 'java', suggested_area: 'Attic' });
  expect(payload('java').components).toMatchObject({
    lamp: { supported_color_modes: ['brightness'] },
    door: { device_class: 'door' },
  });
});
