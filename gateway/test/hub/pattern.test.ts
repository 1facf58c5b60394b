import { join } from '@crosscomm/testing/send';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { isPattern, matchesPattern } from '../../src/hub/pattern.ts';

it.each<[string, boolean]>([
  ['#', true],
  ['+', true],
  ['a/#', true],
  ['a/+/b', true],
  ['a', false],
  ['a/b', false],
  ['c++', false],
  ['room#3', false],
  ['#/a', false],
  ['', false],
])('%j is a pattern: %s', (filter, expected) => {
  expect(isPattern(filter)).toBe(expected);
});

describe('a pattern with more than 100 levels', () => {
  it('is refused, as one over MQTT is', () => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob');
    expect(hub.subscribe(bob, `${'a/'.repeat(99)}+`)).toBe('subscribed');
    expect(hub.subscribe(bob, `${'a/'.repeat(100)}+`)).toBe('malformed');
    expect(hub.subscribe(bob, `${'a/'.repeat(100)}a`)).toBe('subscribed');
  });
});

describe('a pattern, by MQTT 3.1.1 section 4.7,', () => {
  it.each<[string, string]>([
    ['#', 'a'],
    ['#', 'a/b'],
    ['a/#', 'a'],
    ['a/#', 'a/b/c'],
    ['a/#', 'a/'],
    ['+', 'a'],
    ['a/+', 'a/b'],
    ['a/+', 'a/'],
    ['+/+', '/a'],
    ['+/b/#', 'a/b'],
    ['$SYS/#', '$SYS/x'],
  ])('%s matches %s', (filter, name) => {
    expect(matchesPattern(filter.split('/'), name)).toBe(true);
  });

  it.each<[string, string]>([
    ['a/#', 'ab'],
    ['a/#', 'b'],
    ['+', 'a/b'],
    ['+', '/a'],
    ['a/+', 'a'],
    ['a/+', 'a/b/c'],
    ['a/+/c', 'a/b'],
    ['A/#', 'a/b'],
    ['#', '$SYS/x'],
    ['+/x', '$SYS/x'],
  ])('%s does not match %s', (filter, name) => {
    expect(matchesPattern(filter.split('/'), name)).toBe(false);
  });
});
