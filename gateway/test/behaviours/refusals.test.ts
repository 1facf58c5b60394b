import { expect, test } from 'vitest';
import { buildRoom } from './support.ts';

test.each([
  ['a text', 'awareness kitchen', 'it is no object'],
  ['no behaviour', { kitchen: 1 }, 'it has not one of awareness, gather, leader,'],
  ['two behaviours', { awareness: 'a', leader: 'b' }, 'it has not one of awareness, gather, leader,'],
  ['a channel that is no text', { awareness: 7 }, 'must be the name of a channel'],
  ['a filter', { awareness: 'kitchen/#' }, 'is no channel for it'],
  ['a password', { awareness: 'kitchen:secret' }, 'is no channel for it'],
  ['a name of the gateway', { awareness: 'OOCSI_events' }, 'is no channel for it'],
  ['a time that is too short', { awareness: 'a', timeoutMs: 1 }, 'timeoutMs must be'],
  ['keys that are none', { awareness: 'a', keys: 'mood' }, 'keys must be'],
  ['a gathering without a key', { gather: 'a' }, 'key must be'],
  ['a wish that is none', { leader: 'a', stand: 'yes' }, 'stand must be'],
  ['a beat that is too fast', { sync: 'a', periodMs: 1 }, 'periodMs must be'],
  ['a beat that is set to nothing', { sync: 'a', set: true }, 'set needs a periodMs'],
  ['an agreement without a key', { consensus: 'a' }, 'key must be'],
  ['a question that is none', { poll: 'a', open: 7 }, 'open must be the question'],
  ['a vote that is none', { poll: 'a', vote: null }, 'vote must be'],
  ['a question with a vote', { poll: 'a', open: 'b', vote: 1 }, 'it may have one of open, vote, close'],
  ['an end of a poll that is none', { poll: 'a', close: 1 }, 'close must be true'],
  ['a quorum that is none', { poll: 'a', open: 'b', quorum: 0 }, 'quorum must be'],
  ['roles without a key', { spread: 'a' }, 'key must be'],
  ['a role that is none', { spread: 'a', key: 'b', take: 1 }, 'take must be'],
  ['places without a key', { spatial: 'a' }, 'key must be'],
  ['a way without a reach', { spatial: 'a', key: 'b', to: 'c' }, 'to needs a reach'],
  ['an end that is none', { leader: 'a', stop: 1 }, 'stop must be'],
])('who asks for %s is told what is wrong', (_what, request, why) => {
  const { join, say, told } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', request);
  expect(told(ann)).toEqual([expect.objectContaining({ error: expect.stringContaining(why) })]);
});

test('who may not hear a channel learns nothing about it, nor leads it', () => {
  const { join, say, told } = buildRoom();
  const mute = join('mute');
  const requests = [
    ...[{ awareness: 'secret' }, { gather: 'secret', key: 'a' }, { leader: 'secret', stand: true }],
    ...[{ sync: 'secret' }, { consensus: 'secret', key: 'a' }, { poll: 'secret' }],
    ...[
      { spread: 'secret', key: 'a' },
      { spatial: 'secret', key: 'a' },
    ],
  ];
  for (const request of requests) {
    say('mute', 'behaviours', request);
    expect(told(mute)).toEqual([expect.objectContaining({ code: 'PEER_NOT_ALLOWED' })]);
  }
});

test('one client can take a quarter of the room, and others still get theirs', () => {
  const { join, say, told } = buildRoom({ maxBytes: 40_000 });
  const ann = join('ann');
  for (let index = 0; index < 50; index++) say('ann', 'behaviours', { leader: `stage-${index}` });
  expect(told(ann).at(-1)).toMatchObject({ leader: 'stage-49', code: 'PEER_TOO_MANY' });
  const ben = join('ben');
  say('ben', 'behaviours', { leader: 'stage-49', stand: true });
  expect(told(ben)).toEqual([{ leader: 'stage-49', name: 'ben' }]);
});

test('who asks again after the end of what it had finds the room again', () => {
  const { join, say, told } = buildRoom({ maxBytes: 8000 });
  const ann = join('ann');
  for (let index = 0; index < 50; index++) {
    say('ann', 'behaviours', { awareness: `room-${index}` });
    say('ann', 'behaviours', { awareness: `room-${index}`, stop: true });
  }
  expect(told(ann).filter(({ error }) => error !== undefined)).toEqual([]);
});
