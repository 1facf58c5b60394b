import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  levelOf,
  MAX_NAME_BYTES,
  nameOf,
  subjectOf,
  subjectsOfFilter,
} from '../../../src/integrations/nats/subjects.ts';

test.each([
  ['lamp', 'lamp'],
  ['a/b', 'a.b'],
  ['a b/ü.*>', 'a=20b.=C3=BC=2E=2A=3E'],
  ['/a//', '=.a.=.='],
  ['$presence/x', '=24presence.x'],
  ['a=b', 'a=3Db'],
])('the channel %j is the subject %j', (channel, subject) => {
  expect(subjectOf(channel)).toBe(subject);
  expect(nameOf(subject)).toBe(channel);
});

test('each name has its own subject, which no wildcard and no other name is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (name) => {
      const subject = subjectOf(name) as string;
      expect(subject).toMatch(/^[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]+)*$/);
      expect(nameOf(subject)).toBe(name);
      expect(levelOf(name)).not.toContain('.');
    }),
  );
});

test.each(['a..b', '', 'a=2', 'a=2f', 'a=61', 'a=FF', 'a b', '=='])('%j is the subject of no name', (subject) => {
  expect(nameOf(subject)).toBeUndefined();
});

test.each([
  ['a/b', ['a.b']],
  ['a/+/c', ['a.*.c']],
  ['a/#', ['a', 'a.>']],
  ['+/#', ['*', '*.>']],
  ['#', ['>']],
])('the topic filter %j is subscribed to as %j', (filter, subjects) => {
  expect(subjectsOfFilter(filter)).toEqual(subjects);
});

test('what is too long for a server stays at home', () => {
  expect(subjectOf('a'.repeat(MAX_NAME_BYTES))).toBeDefined();
  for (const name of ['a'.repeat(MAX_NAME_BYTES + 1), '中'.repeat(400)]) {
    expect([subjectOf(name), levelOf(name), subjectsOfFilter(`${name}/#`)]).toEqual([undefined, undefined, undefined]);
  }
});
