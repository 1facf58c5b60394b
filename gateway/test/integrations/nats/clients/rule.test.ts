import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BucketEntry, keeps, nextStep, sinceOf } from '../../../../src/integrations/nats/clients/rule.ts';

const self = { gateway: 'hall', epoch: 'e1' };
const other = (sinceMs: number): BucketEntry => ({ gateway: 'kitchen', epoch: 'e7', sinceMs });

test('the client that came later stays, and of two that came at once that of the gateway with the greater name', () => {
  expect(keeps({ gateway: 'hall', sinceMs: 2 }, { gateway: 'kitchen', sinceMs: 1 })).toBe(true);
  expect(keeps({ gateway: 'hall', sinceMs: 1 }, { gateway: 'kitchen', sinceMs: 2 })).toBe(false);
  expect(keeps({ gateway: 'hall', sinceMs: 1 }, { gateway: 'kitchen', sinceMs: 1 })).toBe(false);
  expect(keeps({ gateway: 'kitchen', sinceMs: 1 }, { gateway: 'hall', sinceMs: 1 })).toBe(true);
});

test('of two gateways exactly one keeps a client, whichever of them asks', () => {
  const holding = fc.record({ gateway: fc.constantFrom('a', 'b', 'c'), sinceMs: fc.integer({ min: 0, max: 3 }) });
  fc.assert(
    fc.property(holding, holding, (one, two) => {
      fc.pre(one.gateway !== two.gateway);
      expect(keeps(one, two)).toBe(!keeps(two, one));
    }),
  );
});

test('a newcomer counts as later than the holder that is known, also where the clock is behind', () => {
  expect(sinceOf(500, undefined)).toBe(500);
  expect(sinceOf(500, other(400))).toBe(500);
  expect(sinceOf(500, other(9000))).toBe(9001);
});

test.each([
  ['nothing is there, and nobody is here', undefined, undefined, true, 'rest'],
  ['a client has come', 5, undefined, true, 'write'],
  ['the bucket says so already', 5, { ...self, sinceMs: 5 }, true, 'rest'],
  ['an earlier run of the gateway had it', 5, { ...self, epoch: 'e0', sinceMs: 3 }, false, 'write'],
  ['it has come again', 5, { ...self, sinceMs: 3 }, true, 'write'],
  ['it has gone', undefined, { ...self, sinceMs: 5 }, true, 'remove'],
  [
    'an earlier run of the gateway had it, and it is gone',
    undefined,
    { ...self, epoch: 'e0', sinceMs: 5 },
    false,
    'remove',
  ],
  ['another gateway has it', undefined, other(5), true, 'rest'],
  ['it came here later', 6, other(5), true, 'write'],
  ['it came there later', 5, other(6), true, 'giveUp'],
  ['it came there later, and that gateway is gone', 5, other(6), false, 'write'],
] as const)('%s', (_what, heldSinceMs, entry, isThere, step) => {
  expect(nextStep({ ...self, heldSinceMs, entry, isThere })).toBe(step);
});

test('whatever the order in which gateways look and write, one holder is left and all agree', () => {
  const gateways = ['a', 'b', 'c'];
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 3, maxLength: 3 }),
      fc.array(fc.record({ who: fc.nat(2), isFresh: fc.boolean() }), { maxLength: 40 }),
      (sinces, turns) => {
        const held: (number | undefined)[] = [...sinces];
        const seen: (BucketEntry | undefined)[] = gateways.map(() => undefined);
        let bucket: BucketEntry | undefined;
        const turn = (who: number, isFresh: boolean): boolean => {
          if (isFresh) seen[who] = bucket;
          const self = { gateway: gateways[who] as string, epoch: 'e' };
          const step = nextStep({ ...self, heldSinceMs: held[who], entry: seen[who], isThere: true });
          if (step === 'rest') return false;
          if (step === 'giveUp') held[who] = undefined;
          else if (seen[who] !== bucket) seen[who] = bucket;
          else bucket = step === 'write' ? { ...self, sinceMs: held[who] as number } : undefined;
          return true;
        };
        for (const { who, isFresh } of turns) turn(who, isFresh);
        for (let rounds = 0; [0, 1, 2].map((who) => turn(who, true)).some(Boolean); rounds++)
          expect(rounds).toBeLessThan(10);
        const left = held.flatMap((since, who) => (since === undefined ? [] : [gateways[who]]));
        expect(left).toEqual([bucket?.gateway]);
      },
    ),
  );
});
