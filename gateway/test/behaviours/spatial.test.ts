import fc from 'fast-check';
import { expect, test } from 'vitest';
import { neighboursOf, type Place, routeTo } from '../../src/behaviours/route.ts';
import { buildRoom } from './support.ts';

const CHANNEL = 'lab_place_spatial';
const ASK = { spatial: 'lab', key: 'place' };

test('whoever asks has the members called, and is told where they are, on a line or on a plane', () => {
  const { house, join, say, told, pass } = buildRoom();
  const java = join('java');
  house.hub.subscribe(java, CHANNEL);
  const ann = join('ann');
  say('ann', 'behaviours', ASK);
  expect(told(java)).toEqual([{ oocsi_spatial_call: '' }]);
  say('java', CHANNEL, { oocsi_spatial_vote: '1.5', handle: 'java_1' });
  say('ben', CHANNEL, { oocsi_spatial_vote: '1.0;2.0' });
  say('cid', CHANNEL, { oocsi_spatial_vote: [3, 4] });
  say('dan', CHANNEL, { oocsi_spatial_vote: 'here' });
  pass(100);
  expect(told(ann).at(-1)).toEqual({ ...ASK, members: { java: 1.5, ben: [1, 2], cid: [3, 4] } });
  pass(2000);
  say('cid', CHANNEL, { oocsi_spatial_call: '' });
  say('cid', CHANNEL, { oocsi_spatial_vote: [3, 4] });
  pass(2200);
  expect(told(ann).at(-1)).toEqual({ ...ASK, members: {}, gone: ['java', 'ben'] });
});

test('whoever has said where it is learns who is near, and through whom it reaches another one', () => {
  const { join, say, told } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { ...ASK, reach: 1 });
  expect(told(ann).at(-1)).toMatchObject({ error: expect.stringContaining('first say where you are') });
  for (const [index, id] of ['ann', 'ben', 'cid', 'dan'].entries()) {
    say(id, CHANNEL, { oocsi_spatial_vote: `${index}` });
  }
  say('ann', 'behaviours', { ...ASK, reach: 2, to: 'dan' });
  expect(told(ann).at(-1)).toEqual({ ...ASK, neighbours: ['ben', 'cid'], to: 'dan', hop: 'ben', distance: 3 });
  say('ann', 'behaviours', { ...ASK, reach: 0.5, to: 'dan' });
  expect(told(ann).at(-1)).toEqual({ ...ASK, neighbours: [], to: 'dan', hop: null, distance: null });
});

test('a way leads through neighbours alone, and the next one is nearer by it', () => {
  const coordinate = fc.integer({ min: 0, max: 5 });
  fc.assert(
    fc.property(fc.array(fc.tuple(coordinate, coordinate), { minLength: 2, maxLength: 12 }), (all) => {
      const places = new Map<string, Place>(all.map((place, index) => [`m${index}`, place]));
      let from = 'm0';
      let route = routeTo(from, 'm1', places, 2);
      if (route === undefined) return;
      while (from !== 'm1') {
        const next: string = route?.hop ?? '';
        expect(neighboursOf(from, places, 2)).toContain(next);
        const left = routeTo(next, 'm1', places, 2)?.distance ?? 0;
        expect(left).toBeLessThanOrEqual(route?.distance ?? 0);
        route = routeTo(next, 'm1', places, 2);
        from = next;
      }
    }),
  );
});
