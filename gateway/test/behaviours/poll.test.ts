import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resultOf } from '../../src/behaviours/count.ts';
import { buildRoom } from './support.ts';

test('all who watch are told of the question, of the votes, and of the result when the time is over', () => {
  const { join, say, told, pass } = buildRoom();
  const ann = join('ann');
  const ben = join('ben');
  say('ben', 'behaviours', { poll: 'kitchen' });
  expect(told(ben)).toEqual([{ poll: 'kitchen', number: 0, open: null }]);
  say('ann', 'behaviours', { poll: 'kitchen', open: 'Which colour?', options: ['red', 'blue'], timeoutMs: 5000 });
  const question = { poll: 'kitchen', number: 1, open: 'Which colour?', count: 'majority', quorum: 1 };
  pass(100);
  expect(told(ben)).toEqual([{ ...question, options: ['red', 'blue'], votes: 0, leftMs: expect.any(Number) }]);
  for (const id of ['ann', 'ben', join('cid').id]) {
    say(id, 'behaviours', { poll: 'kitchen', vote: id === 'ben' ? 'blue' : 'red' });
  }
  told(ann);
  pass(5000);
  expect(told(ann).at(-1)).toEqual({
    ...{ poll: 'kitchen', number: 1, open: null, question: 'Which colour?', result: 'red', votes: 3, quorum: 1 },
    counts: { '"red"': 2, '"blue"': 1 },
  });
});

test('who votes again changes its vote, and who may not send to the channel has none', () => {
  const { join, say, told, pass } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { poll: 'secret', open: 'How warm?', count: 'mean', timeoutMs: 1000 });
  say('ann', 'behaviours', { poll: 'secret', vote: 10 });
  say('ann', 'behaviours', { poll: 'secret', vote: 20 });
  const mute = join('mute');
  say('mute', 'behaviours', { poll: 'secret', vote: 1000 });
  expect(told(mute)).toEqual([expect.objectContaining({ code: 'PEER_NOT_ALLOWED' })]);
  pass(1100);
  expect(told(ann).at(-1)).toMatchObject({ result: 20, votes: 1 });
});

test('who may send to the channel can end a poll before its time', () => {
  const { join, say, told, toldSoon } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { poll: 'kitchen', close: true });
  expect(told(ann).at(-1)).toMatchObject({ error: expect.stringContaining('there is no poll to close') });
  say('ann', 'behaviours', { poll: 'kitchen', open: 'Now?' });
  say('ann', 'behaviours', { poll: 'kitchen', vote: 'yes' });
  say('ann', 'behaviours', { poll: 'kitchen', close: true });
  expect(toldSoon(ann).at(-1)).toMatchObject({ open: null, result: 'yes' });
});

test('fewer votes than the quorum give no result', () => {
  const { join, say, told, pass } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { poll: 'kitchen', open: 'Now?', quorum: 2, timeoutMs: 1000 });
  say('ann', 'behaviours', { poll: 'kitchen', vote: true });
  pass(1100);
  expect(told(ann).at(-1)).toMatchObject({ result: null, votes: 1, quorum: 2 });
});

test.each([
  ['a second question', { open: 'Again?' }, 'there is a poll already'],
  ['a vote that is no option', { vote: 'green' }, 'a vote must be one of the options'],
  ['a vote that is too long', { vote: 'x'.repeat(300) }, 'vote must be no longer'],
  ['a way to count that there is not', { open: 'Which?', count: 'loudest' }, 'count must be one of'],
])('%s is refused, with the reason', (_what, request, why) => {
  const { join, say, told } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { poll: 'kitchen', open: 'Which?', options: ['red'] });
  say('ann', 'behaviours', { poll: 'kitchen', ...request });
  expect(told(ann).at(-1)).toMatchObject({ poll: 'kitchen', error: expect.stringContaining(why) });
});

test.each([
  ['majority', ['red', 'blue', 'blue'], 'blue'],
  ['majority', ['red', 'blue'], 'red'],
  ['median', [1, 100, 3], 3],
  ['median', [1, 2, 3, 100], 2.5],
  ['mean', [1, 2, 6], 3],
  // Red is the dearest of most, but green's friends would rather have blue.
  ['ranked', [['red'], ['red'], ['blue', 'red'], ['blue'], ['green', 'blue']], 'blue'],
  ['ranked', [['red', 'blue'], ['red'], ['blue']], 'red'],
] as const)('%s of %j is %j', (count, votes, result) => {
  expect(resultOf(votes, count)).toEqual(result);
});

test('whoever is the dearest of more than half wins, and whoever wins was named', () => {
  const ballot = fc.uniqueArray(fc.constantFrom('red', 'blue', 'green', 'pink'), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(ballot, { minLength: 1 }), (ballots) => {
      const result = resultOf(ballots, 'ranked');
      expect(ballots.flat()).toContain(result);
      const favourite = ballots.filter(([first]) => first === ballots[0]?.[0]).length;
      if (favourite * 2 > ballots.length) expect(result).toBe(ballots[0]?.[0]);
    }),
  );
});
