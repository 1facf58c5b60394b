import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/common/peer-address.ts';
import { SharedBudget } from '../../src/common/shared-budget.ts';

const MIB = 2 ** 20;
const build = (limits: Partial<{ maxCount: number; maxBytes: number }> = {}) =>
  new SharedBudget({ maxCount: 100, maxBytes: MIB, ...limits });

describe('a budget that all share', () => {
  it('gives one client a quarter of the count, and the others what is left', () => {
    const budget = build();
    const given = Array.from({ length: 100 }, (_, at) => budget.set(`a${at}`, 1, { client: 'a' }));
    expect(given.filter(Boolean)).toHaveLength(25);
    expect(budget.set('b', 1, { client: 'b' })).toBe(true);
  });

  it('gives one client a quarter of the bytes', () => {
    const budget = build();
    expect(budget.set('a', MIB / 4, { client: 'a' })).toBe(true);
    expect(budget.set('more', 1, { client: 'a' })).toBe(false);
    expect(budget.set('too much', MIB / 4 + 1, { client: 'b' })).toBe(false);
  });

  it('counts the addresses of one network of IPv6 as one, also those of an earlier run', () => {
    const budget = build();
    budget.restore('former', 1, { client: 'former', address: '2001:db8:0:1::1' });
    const given = Array.from({ length: 99 }, (_, at) =>
      budget.set(`key ${at}`, 1, { client: `client ${at}`, address: `2001:db8:0:1::${at + 2}` }),
    );
    expect(given.filter(Boolean)).toHaveLength(49);
    expect(budget.set('key 0', 2, { client: 'client 0', address: '2001:db8:0:1::ffff' })).toBe(true);
    expect(budget.set('other', 1, { client: 'other', address: '2001:db8:0:2::1' })).toBe(true);
    budget.delete('former');
    expect(budget.set('next', 1, { client: 'next', address: '2001:db8:0:1::2' })).toBe(true);
  });

  it('gives one address half, however many clients it makes up, which is four for each of 25 boards of 200', () => {
    const budget = build({ maxCount: 200 });
    const given = Array.from({ length: 200 }, (_, at) =>
      budget.set(`key ${at}`, 1, { client: `board ${at % 25}`, address: '10.0.0.9' }),
    );
    expect(given.filter(Boolean)).toHaveLength(100);
    expect(budget.set('other', 1, { client: 'other', address: '10.0.0.7' })).toBe(true);
  });

  it('counts what replaces something in its place, with the new owner', () => {
    const budget = build();
    budget.set('key', MIB / 4, { client: 'a', address: '10.0.0.9' });
    expect(budget.set('key', MIB / 4, { client: 'a', address: '10.0.0.9' })).toBe(true);
    expect(budget.set('key', 10, { client: 'b' })).toBe(true);
    expect(budget.set('again', MIB / 4, { client: 'a', address: '10.0.0.9' })).toBe(true);
    expect([budget.count, budget.bytes]).toEqual([2, MIB / 4 + 10]);
  });

  it('lets go on with what is there who had more than a share before, but not with more', () => {
    const budget = build({ maxCount: 8 });
    for (let at = 0; at < 6; at++) budget.restore(`key ${at}`, 5, { client: 'a' });
    expect(budget.set('key 5', 5, { client: 'a' })).toBe(true);
    expect(budget.set('key 5', 9, { client: 'a' })).toBe(true);
    expect(budget.set('key 6', 1, { client: 'a' })).toBe(false);
    budget.restore('large', MIB, { client: 'b' });
    expect([MIB - 1, MIB].map((bytes) => budget.set('large', bytes, { client: 'b' }))).toEqual([true, false]);
  });

  it("counts what replaces something as the old owner's where the new one has used up its share", () => {
    const budget = build({ maxCount: 4 });
    budget.set('a', 5, { client: 'a' });
    budget.set('b', 5, { client: 'b' });
    expect(budget.set('a', 9, { client: 'b' })).toBe(true);
    expect([budget.bytes, budget.set('more', 1, { client: 'a' })]).toEqual([14, false]);
  });

  it('changes nothing where there is no room', () => {
    const budget = build();
    budget.set('key', 5, { client: 'a' });
    expect(budget.set('key', MIB, { client: 'a' })).toBe(false);
    expect(budget.bytes).toBe(5);
  });

  it('has room again for what was given back', () => {
    const budget = build({ maxCount: 1 });
    budget.set('key', 5, { client: 'a' });
    expect(budget.set('other', 5, { client: 'b' })).toBe(false);
    budget.delete('key');
    budget.delete('key');
    expect(budget.set('other', 5, { client: 'b' })).toBe(true);
  });

  it('counts what an earlier run left, even if that is more than it may be now', () => {
    const budget = build({ maxCount: 1 });
    for (const key of ['a', 'b']) budget.restore(key, 5, { client: key });
    expect([budget.count, budget.set('c', 5, { client: 'c' })]).toEqual([2, false]);
  });

  it('gives nothing where nothing may be kept', () => {
    expect(build({ maxCount: 0 }).set('key', 0, { client: 'a' })).toBe(false);
  });
});

describe('the address of a peer', () => {
  it('is what stands before the port', () => {
    expect(['127.0.0.1:50312', '[::1]:50312', '::1', '10.0.0.7', '/dev/ttyACM0'].map(addressOf)).toEqual([
      '127.0.0.1',
      '::1',
      '::1',
      '10.0.0.7',
      '/dev/ttyACM0',
    ]);
  });
});
