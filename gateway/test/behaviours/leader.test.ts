import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Leader } from '../../src/behaviours/leader.ts';
import { buildRoom } from './support.ts';

test('the first who wants to lead does, and all who asked are told at once', () => {
  const { join, say, told } = buildRoom();
  const ann = join('ann');
  const ben = join('ben');
  say('ann', 'behaviours', { leader: 'stage' });
  say('ben', 'behaviours', { leader: 'stage', stand: true });
  expect(told(ann)).toEqual([
    { leader: 'stage', name: null },
    { leader: 'stage', name: 'ben' },
  ]);
  expect(told(ben)).toEqual([{ leader: 'stage', name: 'ben' }]);
});

test.each(['closed', 'timeout', 'left'] as const)(
  'the next one leads at once when the leader is lost: %s',
  (reason) => {
    const { house, join, say, told } = buildRoom();
    const ann = join('ann');
    const ben = join('ben');
    for (const { id } of [ann, ben]) say(id, 'behaviours', { leader: 'stage', stand: true });
    told(ben);
    house.hub.leave(ann, reason);
    expect(told(ben)).toEqual([{ leader: 'stage', name: 'ben' }]);
  },
);

test('who does not want it any more hands it over, and is told who has it', () => {
  const { join, say, told } = buildRoom();
  const ann = join('ann');
  const ben = join('ben');
  for (const { id } of [ann, ben]) say(id, 'behaviours', { leader: 'stage', stand: true });
  told(ann);
  say('ann', 'behaviours', { leader: 'stage', stand: false });
  expect(told(ann).at(-1)).toEqual({ leader: 'stage', name: 'ben' });
  say('ben', 'behaviours', { leader: 'stage', stop: true });
  expect(told(ann)).toEqual([{ leader: 'stage', name: null }]);
});

test('there is a leader exactly where somebody wants it, and it stays the same as long as it wants it', () => {
  const step = fc.tuple(fc.constantFrom('ann', 'ben', 'cid'), fc.boolean());
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const leader = new Leader('stage');
      const wanting = new Set<string>();
      for (const [client, wants] of steps) {
        const before = leader.leader;
        leader.stand(client, wants);
        if (wants) wanting.add(client);
        else wanting.delete(client);
        expect(leader.leader === undefined).toBe(wanting.size === 0);
        if (leader.leader !== undefined) expect(wanting).toContain(leader.leader);
        if (before !== undefined && wanting.has(before)) expect(leader.leader).toBe(before);
      }
    }),
  );
});
