import { expect, test } from 'vitest';
import { buildRoom } from './support.ts';

const CHANNEL = 'kitchen_colour_consensus';

test('whoever asks is told what members of OOCSIConsensus have agreed on, and the gateway says nothing there itself', () => {
  const { house, join, say, told } = buildRoom();
  const java = join('java');
  house.hub.subscribe(java, CHANNEL);
  const ann = join('ann');
  say('ann', 'behaviours', { consensus: 'kitchen', key: 'colour' });
  expect(told(ann)).toEqual([{ consensus: 'kitchen', key: 'colour', value: null, from: null }]);
  say('ben', CHANNEL, { call: '' });
  say('cid', CHANNEL, { vote: 'red' });
  say('ben', CHANNEL, { consensus: 'red' });
  expect(told(ann)).toEqual([{ consensus: 'kitchen', key: 'colour', value: 'red', from: 'ben' }]);
  expect(told(java)).toEqual([]);
});

test('a value that is too long is left out', () => {
  const { join, say, told } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { consensus: 'kitchen', key: 'colour' });
  told(ann);
  say('ben', CHANNEL, { consensus: 'x'.repeat(5000) });
  expect(told(ann)).toEqual([]);
});
