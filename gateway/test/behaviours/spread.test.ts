import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Spread } from '../../src/behaviours/spread.ts';
import { buildRoom, type Room } from './support.ts';

const CHANNEL = 'stage_voice_spread';
const TAKE = { spread: 'stage', key: 'voice', take: true };

/** The roles as a client knows them by all that it was told. */
function rolesIn(told: Record<string, unknown>[]): Record<string, number> {
  const roles: Record<string, number> = {};
  for (const { all, members, gone } of told) {
    if (all === true) for (const name of Object.keys(roles)) delete roles[name];
    for (const name of (gone as string[] | undefined) ?? []) delete roles[name];
    Object.assign(roles, members);
  }
  return roles;
}

function take(room: Room, ids: string[]) {
  const sessions = ids.map((id) => room.join(id));
  for (const id of ids) room.say(id, 'behaviours', TAKE);
  return sessions;
}

test('each who wants a role has one of its own, and keeps it', () => {
  const room = buildRoom();
  const [ann] = take(room, ['ann', 'ben', 'cid']);
  if (ann === undefined) throw new Error('nobody');
  room.say('ben', 'behaviours', TAKE);
  room.pass(100);
  expect(rolesIn(room.told(ann))).toEqual({ ann: 1, ben: 2, cid: 3 });
});

test('when somebody leaves, the one with the highest role takes the one that is free', () => {
  const room = buildRoom();
  const [ann, , cid] = take(room, ['ann', 'ben', 'cid', 'dan']);
  if (ann === undefined || cid === undefined) throw new Error('nobody');
  room.house.hub.leave(ann, 'closed');
  room.pass(100);
  expect(rolesIn(room.told(cid))).toEqual({ ben: 2, cid: 3, dan: 1 });
  room.say('ben', 'behaviours', { ...TAKE, take: false });
  room.pass(100);
  room.say('cid', 'behaviours', TAKE);
  expect(rolesIn(room.told(cid))).toEqual({ dan: 1, cid: 2 });
});

test('a member of OOCSISpread has a role that nobody else has, and is told of those of the others', () => {
  const room = buildRoom();
  const java = room.join('java');
  room.house.hub.subscribe(java, CHANNEL);
  const [ann] = take(room, ['ann']);
  if (ann === undefined) throw new Error('nobody');
  expect(room.told(java)).toEqual([{ role: 1, handle: 'ann' }]);
  // It came before it was told, and yields.
  room.say('java', CHANNEL, { role: 1, handle: 'java_7' });
  expect(room.told(java)).toEqual([{ role: 1, handle: 'ann' }]);
  room.say('java', CHANNEL, { role: 2, handle: 'java_7' });
  take(room, ['ben']);
  room.pass(100);
  expect(rolesIn(room.told(ann))).toEqual({ ann: 1, java: 2, ben: 3 });
  room.pass(60_000);
  expect(rolesIn(room.told(ann))).toEqual({ ben: 2 });
  room.house.hub.leave(ann, 'closed');
  expect(room.told(java).slice(-2)).toEqual([
    { role: 0, handle: 'ann' },
    { role: 1, handle: 'ben' },
  ]);
});

test('the roles are 1, 2, 3, ... without a gap and each for one, whoever comes and leaves', () => {
  const step = fc.tuple(fc.constantFrom('ann', 'ben', 'cid', 'dan', 'eva'), fc.boolean());
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const room = { set: () => true, delete: () => {} };
      const spread = new Spread({ channel: 'stage', key: 'voice' }, 'id', room);
      const wanting = new Set<string>();
      for (const [client, take] of steps) {
        spread.act(client, { kind: 'spread', take }, 0);
        if (take) wanting.add(client);
        else wanting.delete(client);
        const { members } = JSON.parse(spread.tell(true)[0] as string) as { members: Record<string, number> };
        expect(Object.keys(members).toSorted()).toEqual([...wanting].toSorted());
        expect(Object.values(members).toSorted()).toEqual([...wanting].map((_, index) => index + 1));
      }
    }),
  );
});
