import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { compileFunctions } from '../../src/hub/functional/compile.ts';

describe('a client whose subscriptions overlap', () => {
  it.each([[['+', '#']], [['a', '+', '#']], [['#', 'a']]])('gets one copy of a message by %j', (channels) => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob', channels);
    const carol = join(hub, 'carol', ['a']);
    expect(send(hub, 'alice', 'a', 'x')).toEqual({ delivered: 2, refused: 0, reason: undefined });
    expect([bob, carol].map(bodies)).toEqual([['x'], ['x']]);
  });

  it('is told once that its queue is full', () => {
    const { hub } = buildHouse();
    join(hub, 'bob', ['+', '#']).answer = 'queue_full';
    expect(send(hub, 'alice', 'a', 'x')).toEqual({ delivered: 0, refused: 1, reason: 'queue_full' });
  });

  it('gets what one subscription leaves out by another', () => {
    const { hub } = buildHouse({ compile: compileFunctions });
    const bob = join(hub, 'bob', ['a[filter(n > 1)]', '#']);
    for (const n of [1, 2]) send(hub, 'alice', 'a', `{"n":${n}}`);
    expect(bodies(bob)).toEqual(['{"n":1}', '{"n":2}']);
  });

  it('gets a message that many patterns match, and none of those that only others match', () => {
    const { hub } = buildHouse({ maxSubscriptions: 5000 });
    const bob = join(hub, 'bob', ['+/b/#', 'a/+/c', ...Array.from({ length: 4000 }, (_, at) => `+/other/${at}`)]);
    send(hub, 'alice', 'a/b/c', 'x');
    expect(bodies(bob)).toEqual(['x']);
    for (const pattern of ['+/b/#', 'a/+/c']) hub.unsubscribe(bob, pattern);
    expect(send(hub, 'alice', 'a/b/c', 'y').reason).toBe('no_recipient');
    send(hub, 'alice', 'a/other/3999', 'z');
    expect(bodies(bob)).toEqual(['z']);
  });
});
