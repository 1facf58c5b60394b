import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Awareness } from '../../src/behaviours/awareness.ts';
import { Message } from '../../src/hub/message.ts';
import { buildRoom } from './support.ts';

test('who asks is told who is there with which state, and then what changes', () => {
  const { join, say, told, toldSoon } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { awareness: 'kitchen' });
  expect(told(ann)).toEqual([{ awareness: 'kitchen', all: true, members: {} }]);
  say('ben', 'kitchen', { mood: 3, hat: 'red' });
  say('ben', 'kitchen', { mood: 4 });
  say('cid', 'kitchen', 'hello');
  expect(toldSoon(ann)).toEqual([
    { awareness: 'kitchen', members: { ben: { mood: 4, hat: 'red' }, cid: { text: 'hello' } } },
  ]);
  say('ben', 'kitchen', { mood: 4 });
  expect(toldSoon(ann)).toEqual([]);
});

test('whoever asks later is told the same, though all have said it before', () => {
  const { join, say, told, toldSoon } = buildRoom();
  say(join('ann').id, 'behaviours', { awareness: 'kitchen' });
  say('ben', 'kitchen', { mood: 3 });
  const cid = join('cid');
  say('cid', 'behaviours', { awareness: 'kitchen' });
  expect(told(cid)).toEqual([{ awareness: 'kitchen', all: true, members: { ben: { mood: 3 } } }]);
  expect(toldSoon(cid)).toEqual([]);
});

test('a member that is silent for the given time is gone', () => {
  const { join, say, told, pass } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { awareness: 'kitchen', timeoutMs: 5000 });
  say('ben', 'kitchen', { mood: 3 });
  pass(3000);
  say('cid', 'kitchen', { mood: 1 });
  pass(100);
  told(ann);
  pass(2000);
  expect(told(ann)).toEqual([{ awareness: 'kitchen', members: {}, gone: ['ben'] }]);
  pass(3000);
  expect(told(ann)).toEqual([{ awareness: 'kitchen', members: {}, gone: ['cid'] }]);
});

test('only the fields that were asked for count, and another question takes the place of the first', () => {
  const { join, say, told, toldSoon } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { awareness: 'kitchen' });
  say('ann', 'behaviours', { awareness: 'kitchen', keys: ['mood'] });
  told(ann);
  say('ben', 'kitchen', { mood: 3, hat: 'red' });
  expect(toldSoon(ann)).toEqual([{ awareness: 'kitchen', members: { ben: { mood: 3 } } }]);
});

test('who has said stop, or has gone, is told nothing more, and the gateway listens no longer', () => {
  const { house, join, say, told, toldSoon } = buildRoom();
  const ann = join('ann');
  const ben = join('ben');
  for (const { id } of [ann, ben]) say(id, 'behaviours', { awareness: 'kitchen' });
  expect(house.hub.members('kitchen')).toEqual(['behaviours']);
  told(ann);
  say('ann', 'behaviours', { awareness: 'kitchen', stop: true });
  say('cid', 'kitchen', { mood: 1 });
  expect(toldSoon(ann)).toEqual([]);
  house.hub.leave(ben, 'closed');
  expect(house.hub.members('kitchen')).toEqual([]);
});

test('a large room is told in pages that a small device can read', () => {
  const { join, say, told, pass } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { awareness: 'kitchen' });
  for (let index = 0; index < 120; index++) say(`m${index}`, 'kitchen', { index });
  told(ann);
  pass(100);
  const pages = told(ann);
  expect(pages.map(({ more = false }) => more)).toEqual([true, true, false]);
  expect(Object.keys(Object.assign({}, ...pages.map(({ members }) => members)))).toHaveLength(120);
});

test('a watcher whose queue was full is told everything when there is room again', () => {
  const { join, say, told, pass } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { awareness: 'kitchen' });
  told(ann);
  ann.answer = 'queue_full';
  say('ben', 'kitchen', { mood: 3 });
  pass(100);
  ann.answer = 'delivered';
  say('cid', 'kitchen', { mood: 4 });
  pass(1100);
  expect(told(ann)).toEqual([{ awareness: 'kitchen', all: true, members: { ben: { mood: 3 }, cid: { mood: 4 } } }]);
});

test('what finds no room is left out, and all others go on', () => {
  const { join, say, told, toldSoon } = buildRoom({ maxBytes: 20_000 });
  const ann = join('ann');
  say('ann', 'behaviours', { awareness: 'kitchen' });
  told(ann);
  say('ben', 'kitchen', { long: 'x'.repeat(5000) });
  say('cid', 'kitchen', { long: 'x'.repeat(4000) });
  say('dan', 'kitchen', { mood: 1 });
  expect(toldSoon(ann)).toEqual([{ awareness: 'kitchen', members: { dan: { mood: 1 } } }]);
});

test('each member has the last value of each of its fields, whatever is said in whatever order', () => {
  const said = fc.record({
    from: fc.constantFrom('ann', 'ben', 'cid'),
    fields: fc.dictionary(fc.constantFrom('mood', 'hat', 'x'), fc.oneof(fc.integer(), fc.string(), fc.boolean())),
    tells: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(said), (all) => {
      const room = { set: () => true, delete: () => {} };
      const awareness = new Awareness({ channel: 'kitchen', keys: [], timeoutMs: 0 }, 'key', room);
      const expected: Record<string, object> = {};
      const seen: Record<string, object> = {};
      const tell = (): void => {
        for (const page of awareness.tell(false)) Object.assign(seen, JSON.parse(page).members);
        awareness.told();
      };
      all.forEach(({ from, fields, tells }, index) => {
        const body = JSON.stringify(fields);
        awareness.hear(new Message({ from, to: 'kitchen', kind: 'dict', body, timestampMs: 0 }), index);
        expected[from] = { ...expected[from], ...fields };
        if (tells) tell();
      });
      tell();
      expect(seen).toEqual(expected);
    }),
  );
});
