import { describe, expect, it } from 'vitest';
import { compileRules, type Rule } from '../../src/access/rules.ts';

const ANNA = { account: 'anna', id: 'anna-lamp' };

function allow(...topics: string[]): Rule {
  return { effect: 'allow', actions: ['send'], topics };
}

function deny(...topics: string[]): Rule {
  return { effect: 'deny', actions: ['send'], topics };
}

describe('rules', () => {
  it.each([
    ['nothing without a rule', [], 'lab', false],
    ['what one allows', [allow('lab')], 'lab', true],
    ['nothing beside it', [allow('lab')], 'lab/2', false],
    ['what a filter allows', [allow('lab/#')], 'lab/2/light', true],
    ['one level of a plus', [allow('lab/+')], 'lab/2/light', false],
    ['no topic of the gateway by a wildcard', [allow('+/x')], '$x/x', false],
    ['not what is denied too', [allow('#'), deny('lab/door')], 'lab/door', false],
    ['not what is denied first', [deny('lab/door'), allow('lab/door')], 'lab/door', false],
    ['the account', [allow('home/%a/#')], 'home/anna/light', true],
    ['the client id', [allow('dev/%c')], 'dev/anna-lamp', true],
    ['no variable within a level', [allow('dev/x%c')], 'dev/xanna-lamp', false],
    ['everything', [{ effect: 'allow', actions: ['send'] }], 'a/b', true],
  ] as const)('allow %s', (_, rules, topic, may) => {
    expect(compileRules(rules).decide('send', topic, ANNA)).toBe(may);
    expect(compileRules(rules).decide('subscribe', topic, ANNA)).toBe(false);
  });

  it('with %a allow nothing to a client without an account', () => {
    const rules = compileRules([allow('home/%a/#')]);
    const nobody = { account: undefined, id: 'x' };
    expect(rules.decide('send', 'home/undefined/x', nobody)).toBe(false);
    expect(rules.decide('send', 'home/%a/x', nobody)).toBe(false);
  });

  it('decide for each of those who have them by its own names', () => {
    const rules = compileRules([allow('home/%a/#', 'dev/%c')]);
    const ben = { account: 'ben', id: 'ben-lamp' };
    const topics = ['home/anna/light', 'home/ben/light', 'dev/anna-lamp', 'dev/ben-lamp'];
    expect(topics.map((topic) => rules.decide('send', topic, ANNA))).toEqual([true, false, true, false]);
    expect(topics.map((topic) => rules.decide('send', topic, ben))).toEqual([false, true, false, true]);
  });

  it('take a client id that looks like a wildcard for nothing', () => {
    const who = { account: 'anna', id: '#' };
    expect(compileRules([allow('dev/%c')]).decide('send', 'dev/other', who)).toBe(false);
  });

  it('take a client id that is more than a level for nothing', () => {
    const rules = compileRules([allow('dev/%c'), allow('room/%c/#')]);
    const who = { account: 'anna', id: 'door/open' };
    expect(rules.decide('send', 'dev/door/open', who)).toBe(false);
    expect(rules.decide('send', 'room/door/open', who)).toBe(false);
  });

  it.each([
    ['more than a level', 'hall/lamp', 'dev/hall/lamp'],
    ['a wildcard', '+', 'dev/+'],
    ['a wildcard for the rest', '#', 'dev/#'],
    ['both', 'hall/+', 'dev/hall/+'],
  ])('deny what names a client id, where that is %s', (_, id, topic) => {
    const rules = compileRules([allow('#'), deny('dev/%c')]);
    const who = { account: 'anna', id };
    expect([rules.decide('send', topic, who), rules.overlaps('send', topic, who)]).toEqual([false, false]);
    expect(rules.decide('send', 'home/lamp', who)).toBe(true);
  });

  it.each([
    ['#', true],
    ['lab/#', true],
    ['lab/+', true],
    ['lab/door/#', false],
    ['lab/door', false],
    ['+/light', true],
    ['home/#', false],
  ])('allow a subscription to %s: %s', (filter, may) => {
    const rules = compileRules([allow('lab/#'), deny('lab/door/#')]);
    expect(rules.overlaps('send', filter, ANNA)).toBe(may);
  });
});
