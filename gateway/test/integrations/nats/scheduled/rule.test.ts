import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Absences, nextStep, takesOver } from '../../../../src/integrations/nats/scheduled/rule.ts';

const gateway = 'hall';

test.each([
  ['it waits here, and nobody knows', true, undefined, 'put'],
  ['it waits here, and the bucket says so', true, { holder: 'hall', isSent: false }, 'rest'],
  ['it waits here, and one of the same key was sent before', true, { holder: 'hall', isSent: true }, 'put'],
  ['another gateway has taken it over', true, { holder: 'kitchen', isSent: false }, 'drop'],
  ['another gateway has sent it', true, { holder: 'kitchen', isSent: true }, 'drop'],
  ['it was sent before anybody knew', false, undefined, 'rest'],
  ['it was sent', false, { holder: 'hall', isSent: false }, 'sent'],
  ['it was sent, and the bucket says so', false, { holder: 'hall', isSent: true }, 'rest'],
  ['it was sent here while it was taken over', false, { holder: 'kitchen', isSent: false }, 'rest'],
] as const)('%s', (_what, waits, entry, step) => {
  expect(nextStep({ gateway, waits, entry })).toBe(step);
});

test('of those that are there exactly one takes over', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 }), (names) => {
      const takers = names.filter((name) =>
        takesOver(
          name,
          names.filter((other) => other !== name),
        ),
      );
      expect(takers).toHaveLength(1);
    }),
  );
});

test('a gateway is gone for good when it was not seen for the whole time, and back as soon as it is', () => {
  const absences = new Absences(100);
  const both = new Set(['attic', 'kitchen']);
  expect(absences.look(both, new Set(['kitchen']), 0)).toEqual(new Set());
  expect(absences.look(both, new Set(['kitchen']), 99)).toEqual(new Set());
  expect(absences.look(both, new Set(), 100)).toEqual(new Set(['attic']));
  expect(absences.look(both, new Set(['attic']), 199)).toEqual(new Set());
  expect(absences.look(both, new Set(), 200)).toEqual(new Set(['kitchen']));
  absences.forget();
  expect(absences.look(both, new Set(), 300)).toEqual(new Set());
});
