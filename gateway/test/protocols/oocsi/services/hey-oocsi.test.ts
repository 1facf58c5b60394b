import { describe, expect, it } from 'vitest';
import { Message } from '../../../../src/hub/message.ts';
import { buildServiceHouse, take, takeData } from './support.ts';

const LAMP = {
  properties: { device_id: 'lamp_1', floor: 2 },
  components: { light: { channel_name: 'lampChannel', type: 'light', icon: 'bulb', state: false } },
  location: { Kitchen: [1, 2] },
};

function device(handle: string, place: string, x: number, y: number): object {
  return { properties: { device_id: handle }, components: {}, location: { [place]: [x, y] } };
}

describe('the heyOOCSI! registry', () => {
  it('answers with a device by its name or its handle', () => {
    const house = buildServiceHouse();
    const anna = house.join('anna');
    house.say('lamp_1', 'heyOOCSI!', { 'My lamp': LAMP });
    house.say('anna', 'heyOOCSIClient', { clientHandle: 'My lamp' });
    house.say('anna', 'heyOOCSIClient', { clientHandle: 'lamp_1', _MESSAGE_ID: 'abc' });
    const found = {
      location: LAMP.location,
      components: { light: { ...LAMP.components.light, default_value: 'false' } },
      properties: LAMP.properties,
    };
    expect(take(anna)).toEqual([
      { from: 'heyOOCSIClient', to: 'anna', data: { clientHandle: 'My lamp', ...found } },
      { from: 'heyOOCSIClient', to: 'anna', data: { clientHandle: 'lamp_1', ...found, _MESSAGE_ID: 'abc' } },
    ]);
  });

  it('leaves a query for an unknown device alone, and answers a call for one', () => {
    const house = buildServiceHouse();
    const anna = house.join('anna');
    house.say('anna', 'heyOOCSIClient', { clientHandle: 'nobody' });
    house.say('anna', 'heyOOCSIClient', { clientHandle: 'nobody', _MESSAGE_ID: 'abc' });
    expect(takeData(anna)).toEqual([{ clientHandle: 'nobody', _MESSAGE_ID: 'abc' }]);
    expect(house.incidents.counts()).toEqual({});
  });

  it('finds the nearest devices within a distance, and those at a place', () => {
    const house = buildServiceHouse();
    const anna = house.join('anna');
    house.say('x', 'heyOOCSI!', {
      far: device('far', 'Attic', 30, 0),
      near: device('near', 'kitchen', 1, 0),
      nearer: device('nearer', 'Kitchen', 0, 0.5),
      same: device('same', 'Cellar', 0, 1),
    });
    house.say('anna', 'heyOOCSIClient', { x: 0, y: 0, distance: 10 });
    house.say('anna', 'heyOOCSIClient', { x: '0', y: 0, distance: 10, closest: 1 });
    house.say('anna', 'heyOOCSIClient', { location: 'KITCHEN' });
    expect(takeData(anna)).toEqual([
      { x: 0, y: 0, distance: 10, clients: ['nearer', 'near', 'same'] },
      { x: '0', y: 0, distance: 10, clients: ['nearer'] },
      { location: 'KITCHEN', clients: ['near', 'nearer'] },
    ]);
  });

  it('uses the sender as the handle of a device that gives none', () => {
    const house = buildServiceHouse();
    const anna = house.join('anna');
    house.say('serial-1', 'heyOOCSI!', { box: { location: { Lab: [0, 0], Nowhere: 'x' } } });
    house.say('anna', 'heyOOCSIClient', { location: 'lab' });
    expect(takeData(anna)).toEqual([{ location: 'lab', clients: ['serial-1'] }]);
  });

  it('drops a device an hour after its handle is gone, and not before', () => {
    const house = buildServiceHouse();
    const anna = house.join('anna');
    const lamp = house.join('lamp_1');
    house.say('lamp_1', 'heyOOCSI!', { lamp: LAMP });
    house.clock.advance(2 * 3_600_000);
    house.hub.leave(lamp, 'closed');
    house.clock.advance(3_600_000);
    house.say('anna', 'heyOOCSIClient', { location: 'kitchen' });
    house.clock.advance(60_000);
    house.say('anna', 'heyOOCSIClient', { location: 'kitchen' });
    expect(takeData(anna)).toEqual([
      { location: 'kitchen', clients: ['lamp_1'] },
      { location: 'kitchen', clients: [] },
    ]);
  });

  it('survives a clock that jumps by years', () => {
    const house = buildServiceHouse();
    const anna = house.join('anna');
    house.say('lamp_1', 'heyOOCSI!', { lamp: LAMP });
    house.clock.jumpTo(house.clock.now() + 1e11);
    house.clock.advance(60_000);
    house.say('anna', 'heyOOCSIClient', { location: 'kitchen' });
    expect(takeData(anna)).toEqual([{ location: 'kitchen', clients: ['lamp_1'] }]);
  });

  it('counts what it cannot read and stays as it was', () => {
    const house = buildServiceHouse();
    const anna = house.join('anna');
    const bodies = ['{', '[1]', '{"lamp": {"components": 5}}', '{"lamp": {"location": []}}'];
    for (const body of bodies) {
      house.hub.send(new Message({ from: 'bad', to: 'heyOOCSI!', kind: 'dict', body, timestampMs: 0 }));
    }
    house.hub.send(new Message({ from: 'bad', to: 'heyOOCSI!', kind: 'bytes', body: Buffer.of(1), timestampMs: 0 }));
    const queries = [{}, { clientHandle: 5 }, { x: 1, y: 2 }, { x: 'a', y: 2, distance: 3 }, { location: null }];
    for (const query of queries) house.say('anna', 'heyOOCSIClient', query);
    expect(takeData(anna)).toEqual([]);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_MALFORMED': bodies.length + 1 + queries.length });
  });

  it('holds a bounded number of devices, where those that are gone make room', () => {
    const house = buildServiceHouse();
    const anna = house.join('anna');
    house.join('here');
    house.say('gone', 'heyOOCSI!', { old: device('gone', 'Cellar', 0, 0) });
    for (let n = 1; n < 1000; n++) house.say('here', 'heyOOCSI!', { [`d${n}`]: device('here', 'Lab', 0, 0) });
    house.say('here', 'heyOOCSI!', { late: device('late', 'Attic', 0, 0) });
    house.clock.advance(60_000);
    house.say('here', 'heyOOCSI!', { later: device('later', 'Attic', 0, 0) });
    house.say('here', 'heyOOCSI!', { big: { properties: { text: 'x'.repeat(17_000) } } });
    house.say('anna', 'heyOOCSIClient', { location: 'attic' });
    house.say('anna', 'heyOOCSIClient', { location: 'cellar' });
    expect(takeData(anna)).toEqual([
      { location: 'attic', clients: ['later'] },
      { location: 'cellar', clients: [] },
    ]);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_TOO_MANY': 1, 'oocsi PEER_TOO_LARGE': 1 });
  });
});
