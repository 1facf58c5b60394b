import { MemorySession } from '@crosscomm/testing/test-hub';
import { expect, it, onTestFinished } from 'vitest';
import type { Pairings } from '../../../src/access/pairing.ts';
import { devices as devicesSection } from '../../../src/config/home-assistant.ts';
import { Message } from '../../../src/hub/message.ts';
import { AnnouncedDevices, configuredDevice } from '../../../src/protocols/announced-devices.ts';
import type { SerialPorts } from '../../../src/transports/listeners.ts';
import { addAccount, addRole, bearer } from '../accounts.ts';
import { buildWebHouse } from '../support.ts';

const SWITCH = { channel_name: 'left/plug', type: 'switch', state: true };

async function build(described: readonly object[] = []) {
  const devices = new AnnouncedDevices();
  const configured = devicesSection.parse(described).map(configuredDevice);
  devices.add(() => configured);
  const boards = { pairings: {} as Pairings, approve: async () => undefined, serial: {} as SerialPorts };
  const house = await buildWebHouse({ boards: { ...boards, devices, logOf: () => undefined } });
  onTestFinished(() => house.app.close());
  devices.add(() => house.services.devices());
  const say = (from: string, data: object): void => {
    const body = JSON.stringify(data);
    house.hub.send(new Message({ from, to: 'heyOOCSI!', kind: 'dict', body, timestampMs: 0 }));
  };
  const get = async (query = '', headers: Record<string, string> = {}) =>
    (await house.app.inject({ url: `/api/v1/devices${query}`, headers })).json();
  return { house, say, get };
}

it('lists what devices told of themselves, with what can be set at each', async () => {
  const { house, say, get } = await build();
  house.hub.join(new MemorySession('left/1'));
  say('left/1', { plug: { properties: { maker: 'me' }, components: { on: SWITCH }, location: { Hall: [1, 2] } } });
  say('gone', { fan: { components: { 'no channel': { type: 'switch' } } } });
  expect(await get()).toEqual({
    devices: [
      { name: 'fan', client: 'gone', online: false, properties: {}, locations: [], components: [] },
      {
        ...{ name: 'plug', client: 'left/1', online: true, properties: { maker: 'me' } },
        locations: [{ name: 'Hall', x: 1, y: 2 }],
        components: [{ name: 'on', type: 'switch', channel: 'left/plug', value: true }],
      },
    ],
  });
  expect((await get('?search=FAN')).devices).toHaveLength(1);
  expect((await get('?limit=1')).next).toBe('fan');
});

it('takes the message of the Java library for one device', async () => {
  const { say, get } = await build();
  say('java', { clientHandle: 'java', properties: { device_id: 'java' }, components: { on: SWITCH }, location: {} });
  expect((await get()).devices).toMatchObject([{ name: 'java', client: 'java', components: [{ name: 'on' }] }]);
});

it('shows devices and channels that whoever asks may know of', async () => {
  const { house, say, get } = await build();
  addRole(house, 'left', [{ effect: 'allow', actions: ['presence'], topics: ['left/#'] }]);
  const token = await addAccount(house, 'lena', { role: 'left' });
  say('left/1', { plug: { components: { on: SWITCH, secret: { ...SWITCH, channel_name: 'right/plug' } } } });
  say('right/1', { other: { components: { on: SWITCH } } });
  const { devices } = await get('', bearer(token));
  expect(devices).toMatchObject([{ name: 'plug', components: [{ name: 'on', channel: 'left/plug' }] }]);
  expect(devices[0].components).toHaveLength(1);
});

it('lists what the configuration describes, to whoever may know of one of its channels, and each device once', async () => {
  const led = { name: 'led', type: 'switch', channel: 'left/led', field: 'led', on: 1, off: 0 };
  const bell = { name: 'bell', type: 'event', channel: 'right/bell', options: ['ring'] };
  const { house, say, get } = await build([
    { name: 'desk', area: 'Hall', model: 'Uno', components: [led, bell] },
    { name: 'uno', client: 'uno-1', components: [led] },
  ]);
  say('left/1', { desk: { components: { on: SWITCH } } });
  expect((await get()).devices).toEqual([
    { name: 'desk', area: 'Hall', properties: { model: 'Uno' }, locations: [], components: [led, bell] },
    { name: 'uno', client: 'uno-1', online: false, properties: {}, locations: [], components: [led] },
  ]);
  addRole(house, 'left', [{ effect: 'allow', actions: ['presence'], topics: ['left/#'] }]);
  const token = await addAccount(house, 'lena', { role: 'left' });
  const { devices } = await get('', bearer(token));
  expect(devices).toMatchObject([{ name: 'desk', components: [{ name: 'led' }] }]);
});
