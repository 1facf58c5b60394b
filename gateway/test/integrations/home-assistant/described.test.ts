import { expect, it } from 'vitest';
import { configuredDevice } from '../../../src/protocols/announced-devices.ts';
import { buildHome, HEARD_MS, type HomeHouse } from './support.ts';

const LAMP = { name: 'lamp', type: 'switch' as const, channel: 'lamp', field: 'led', on: 1, off: 0 };

/** Has a client describe itself. */
function describes({ devices, house }: HomeHouse, client: string, name: string): void {
  devices.told({ ...configuredDevice({ name, client, area: 'Lab', components: [LAMP] }), id: client });
  house.clock.advance(HEARD_MS);
}

it('tells two clients of one name apart, as a whole class may have the same program', async () => {
  const home = await buildHome();
  for (const client of ['uno-1', 'uno-2']) {
    home.join(client, 'lamp');
    describes(home, client, 'Desk');
  }
  expect(home.payload('uno-1').device).toMatchObject({ name: 'Desk', suggested_area: 'Lab' });
  expect(home.payload('uno-2').device).toMatchObject({ name: 'Desk', identifiers: ['crosscomm_uno-2'] });
  expect(home.house.incidents.counts()).toEqual({});
});

it('keeps the entities of a client that calls itself otherwise, and asks it in its own words', async () => {
  const home = await buildHome();
  const uno = home.join('uno-1', 'lamp');
  describes(home, 'uno-1', 'Desk');
  describes(home, 'uno-1', 'Table');
  expect(home.payload('uno-1').device).toMatchObject({ name: 'Table', identifiers: ['crosscomm_uno-1'] });
  home.say('hass', 'crosscomm/set/uno-1/lamp', 'ON');
  expect(uno.received.map(({ text }) => text)).toEqual(['{"led":1}']);
  home.say('uno-1', 'lamp', { led: 0 });
  expect(home.told()).toMatchObject({ 'crosscomm/state/uno-1/lamp': 'OFF' });
});

it('leaves out a device that is that of another client, while this is online', async () => {
  const home = await buildHome();
  const hello = (client: string): void => {
    const plug = { channel_name: `${client}/plug`, type: 'switch' };
    home.hello(client, { lab: { properties: { device_id: client }, components: { plug } } });
  };
  const one = home.join('one');
  home.join('two');
  hello('one');
  home.told();
  hello('two');
  expect(home.told()).toEqual({});
  expect(home.house.incidents.counts()).toEqual({ 'home-assistant PEER_NAME_TAKEN': 1 });
  home.house.hub.leave(one, 'closed');
  hello('two');
  expect(home.told()).toMatchObject({ 'crosscomm/online/lab': 'online' });
});
