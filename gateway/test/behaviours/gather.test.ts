import { expect, test } from 'vitest';
import { buildRoom } from './support.ts';

const CHANNEL = 'kitchen_warmth_gather';
const ASK = { gather: 'kitchen', key: 'warmth', timeoutMs: 500 };

test('whoever asks has the members called, and is told what each of them has', () => {
  const { house, join, say, told, toldSoon } = buildRoom();
  const ann = join('ann');
  const ben = join('ben');
  house.hub.subscribe(ben, CHANNEL);
  say('ann', 'behaviours', ASK);
  expect(told(ann)).toEqual([{ gather: 'kitchen', key: 'warmth', all: true, members: {} }]);
  expect(told(ben)).toEqual([{ call: '' }]);
  say('ben', CHANNEL, { vote: 21.5 });
  say('cid', CHANNEL, { vote: 'warm' });
  expect(toldSoon(ann)).toEqual([{ gather: 'kitchen', key: 'warmth', members: { ben: 21.5, cid: 'warm' } }]);
});

test('who does not answer the next call is gone when its time is over, and who does stays', () => {
  const { join, say, told, pass } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', ASK);
  say('ben', CHANNEL, { vote: 1 });
  say('cid', CHANNEL, { vote: 2 });
  pass(1000);
  told(ann);
  say('cid', CHANNEL, { call: '' });
  say('cid', CHANNEL, { vote: 3 });
  pass(400);
  say('cid', CHANNEL, { call: '' });
  pass(250);
  expect(told(ann)).toEqual([
    { gather: 'kitchen', key: 'warmth', members: { cid: 3 } },
    { gather: 'kitchen', key: 'warmth', members: {}, gone: ['ben'] },
  ]);
});

test('a member without a value, which says null, is left out', () => {
  const { join, say, told, toldSoon } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', ASK);
  told(ann);
  say('ben', CHANNEL, { vote: null });
  expect(toldSoon(ann)).toEqual([]);
});
