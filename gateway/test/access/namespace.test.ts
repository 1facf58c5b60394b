import { describe, expect, it } from 'vitest';
import { Namespace, namespaceFault } from '../../src/access/namespace.ts';
import { Message } from '../../src/hub/message.ts';

const TEAM = new Namespace('team3');

describe('a namespace', () => {
  it.each([
    ['kitchen', 'team3/kitchen'],
    ['a/b:word', 'team3/a/b:word'],
    ['kitchen[replay(10)]', 'team3/kitchen[replay(10)]'],
    ['#', 'team3/#'],
    ['presence(kitchen)', 'presence(team3/kitchen)'],
    ['kitchen/?', 'team3/kitchen/?'],
    ['team3', 'team3/team3'],
    ['classroom', 'team3/classroom'],
    ['$own/topic', 'team3/$own/topic'],
  ])('calls %s what is %s for all others', (written, name) => {
    expect(TEAM.outward(written)).toBe(name);
    // A name that is one of its own already is taken as it is.
    expect(TEAM.outward(name)).toBe(name);
    expect(TEAM.outward(TEAM.inward(name))).toBe(name);
    expect(TEAM.has(name)).toBe(true);
  });

  it.each([
    '$bridge/door',
    'all',
    'server',
    'class',
    'class/hall',
    'class/hall[last(1)]',
    'OOCSI_clients',
    'heyOOCSI!',
    'behaviours',
    '',
  ])('calls %s as all others do', (name) => {
    expect(TEAM.outward(name)).toBe(name);
    expect(TEAM.inward(name)).toBe(name);
  });

  it.each([
    'kitchen',
    'team4/kitchen',
    'team33/kitchen',
    'presence(team4/lamp)',
    'team4/lamp/?',
    '$bridge/roof',
    '#',
    '+/kitchen',
    '',
  ])('has nothing to do with %s', (name) => {
    expect(TEAM.has(name)).toBe(false);
    expect(TEAM.inward(name)).toBe(name);
  });

  it('has the files of its clients', () => {
    const own = ['team3/photo.jpg', 'cross_comm/team3%2Flamp/1.txt', 'cross_comm/team3/1.txt'];
    expect(own.map((key) => TEAM.hasKey(key))).toEqual([true, true, true]);
    const others = ['photo.jpg', 'cross_comm/lamp/1.txt', 'cross_comm/team33%2Flamp/1.txt', 'cross_comm/', ''];
    expect(others.map((key) => TEAM.hasKey(key))).toEqual([false, false, false, false, false]);
    expect(TEAM.plainKey('cross_comm/team3%2Flamp/1.txt')).toBe('cross_comm/team3/lamp/1.txt');
  });

  it('shows a message by its own names, once for all its clients, and the same message where it has none', () => {
    const at = { kind: 'dict', body: '{"a":1}', timestampMs: 5 } as const;
    const message = new Message({ ...at, from: 'team3/lamp', to: 'team3/kitchen', isKept: true });
    const shown = TEAM.shown(message);
    expect(shown).toMatchObject({ from: 'lamp', to: 'kitchen', ...at, isKept: true });
    expect(TEAM.shown(message)).toBe(shown);
    const hall = new Message({ ...at, from: 'anna', to: 'class/hall' });
    expect(TEAM.shown(hall)).toBe(hall);
    // More names than are remembered.
    for (let count = 0; count < 600; count++) expect(TEAM.outward(`n${count}`)).toBe(`team3/n${count}`);
  });

  it('is called what the first level of a topic can be, and nothing that all share', () => {
    expect(['team3', 'a', 'Ann-4.b'].map(namespaceFault)).toEqual([undefined, undefined, undefined]);
    for (const name of ['', 'a/b', '+', '#', '$SYS', 'a b', 'x'.repeat(65), 'class', 'all', 'server']) {
      expect(namespaceFault(name)).toEqual(expect.any(String));
    }
  });
});
