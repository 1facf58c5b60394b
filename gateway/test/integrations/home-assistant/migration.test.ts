import { faultsOf } from '@crosscomm/testing/home-assistant/check-payload';
import { expect, it } from 'vitest';
import { buildHome, HEARD_MS, type HomeHouse, MemoryNotes } from './support.ts';

const CONFIG = 'homeassistant/device/crosscomm_lab/config';
const PLUG = { channel_name: 'plugs', type: 'switch', state: false };
const WARMTH = { channel_name: 'warmths', type: 'sensor', unit: 'C', value: 20.5 };
const lab = (components: object): object => ({ lab: { properties: { device_id: 'lab' }, components } });

/** What was said of the components of the device, one payload after the other. */
function said({ hass }: HomeHouse): Record<string, Record<string, unknown>>[] {
  return hass.received
    .splice(0)
    .filter(({ to, text }) => to === CONFIG && text !== '')
    .map(({ text }) => {
      const payload = JSON.parse(text);
      expect(faultsOf(payload)).toEqual([]);
      return payload.components;
    });
}

it('ends a part before one of the same name and another type begins', async () => {
  const home = await buildHome();
  home.join('lab');
  home.hello('lab', lab({ plug: PLUG, warmth: WARMTH }));
  said(home);
  home.hello('lab', lab({ plug: { ...PLUG, type: 'light', ledType: 'ONOFF' }, warmth: WARMTH }));
  expect(said(home)).toEqual([
    { plug: { platform: 'switch' }, warmth: expect.anything() },
    {
      plug: expect.objectContaining({ platform: 'light', unique_id: 'crosscomm_lab_plug' }),
      warmth: expect.anything(),
    },
  ]);
});

it('tells a Home Assistant that was away of a part once more, so that it forgets it, and then never again', async () => {
  const home = await buildHome();
  home.join('lab');
  home.hello('lab', lab({ plug: PLUG, warmth: WARMTH }));
  home.hello('lab', lab({ warmth: WARMTH }));
  said(home);
  const greet = (): void => {
    home.say('hass', 'homeassistant/status', 'online');
    home.house.clock.advance(2 * HEARD_MS);
  };
  greet();
  expect(said(home)).toEqual([
    {
      plug: expect.objectContaining({ platform: 'switch', unique_id: 'crosscomm_lab_plug' }),
      warmth: expect.anything(),
    },
    { plug: { platform: 'switch' }, warmth: expect.anything() },
    { warmth: expect.anything() },
  ]);
  greet();
  expect(said(home)).toEqual([{ warmth: expect.anything() }]);
});

it('takes over what a version noted that made other parts of the same types, also over a restart', async () => {
  const notes = new MemoryNotes();
  const device = { name: 'lab', client: 'lab', components: [{ name: 'view', type: 'camera', channel: 'views' }] };
  const note = { device, source: 'told', platforms: { view: 'camera' }, gone: {}, isDeleted: false };
  await notes.put('lab', JSON.stringify(note));
  const home = await buildHome({ notes });
  expect(home.payload('lab').components.view).toMatchObject({ platform: 'image', unique_id: 'crosscomm_lab_view' });
  home.say('hass', 'homeassistant/status', 'online');
  home.house.clock.advance(2 * HEARD_MS);
  expect(said(home)).toContainEqual({ view: { platform: 'camera' } });
});

const ORPHAN = JSON.stringify({
  device: { identifiers: ['crosscomm_old'], name: 'Old' },
  origin: { name: 'CrossComm Gateway', sw_version: '0.1.0' },
  availability: [{ topic: 'crosscomm/status' }],
  components: {
    plug: { platform: 'switch', unique_id: 'crosscomm_old_plug', command_topic: 'crosscomm/set/old/plug' },
  },
});
const RETAINED = {
  'homeassistant/device/crosscomm_old/config': ORPHAN,
  'crosscomm/online/old': 'online',
  'crosscomm/state/old/plug': 'ON',
};

it('removes devices that an earlier run has announced and that nobody knows any more', async () => {
  const home = await buildHome({ retained: RETAINED });
  const { hub, clock } = home.house;
  expect(Object.keys(RETAINED).filter((topic) => hub.retained(topic) !== undefined)).toEqual([]);
  home.told();
  home.say('hass', 'homeassistant/status', 'online');
  expect(home.told()).toMatchObject({ 'homeassistant/device/crosscomm_old/config': ORPHAN });
  clock.advance(HEARD_MS);
  expect(home.told()).toMatchObject({ 'homeassistant/device/crosscomm_old/config': '' });
  home.say('hass', 'homeassistant/status', 'online');
  clock.advance(HEARD_MS);
  expect(home.told()['homeassistant/device/crosscomm_old/config']).toBeUndefined();
});

it('keeps what it knows, what others have said, and what other gateways may have', async () => {
  const notes = new MemoryNotes();
  const first = await buildHome({ notes });
  first.join('lab');
  first.hello('lab', lab({ plug: PLUG }));
  await first.home.stop();
  const online = { [CONFIG]: '{}', 'crosscomm/online/lab': 'offline', 'crosscomm/state/lab/plug': 'ON' };
  const again = await buildHome({ notes, retained: online });
  expect(again.house.hub.retained('crosscomm/state/lab/plug')?.text).toBe('OFF');
  expect(again.payload('lab').components).toHaveProperty('plug');
  const shared = await buildHome({ retained: RETAINED, isAlone: false });
  expect(shared.house.hub.retained('crosscomm/state/old/plug')?.text).toBe('ON');
});

it('leaves nothing under the prefixes that it had before', async () => {
  const notes = new MemoryNotes();
  const first = await buildHome({ notes });
  first.join('lab');
  first.hello('lab', lab({ plug: PLUG }));
  await first.home.stop();
  const left = { [CONFIG]: '{}', 'crosscomm/online/lab': 'online', 'crosscomm/status': 'offline' };
  const other = await buildHome({ notes, retained: left, config: { discoveryPrefix: 'ha', prefix: 'east' } });
  const { hub } = other.house;
  expect(Object.keys(left).filter((topic) => hub.retained(topic) !== undefined)).toEqual([]);
  expect(hub.retained('ha/device/crosscomm_lab/config')?.text).toContain('east/status');
});
