import fc from 'fast-check';
import { describe, it } from 'vitest';
import { type Action, compileRules, type Rule } from '../../src/access/rules.ts';

const WHO = { account: 'anna', id: 'lamp' };
const NAMES = ['a', 'b', 'anna', 'lamp', '$s'];

/** Every topic of at most three levels of these names. */
const TOPICS = NAMES.flatMap((one) => [
  one,
  ...NAMES.flatMap((two) => [`${one}/${two}`, ...NAMES.map((three) => `${one}/${two}/${three}`)]),
]);

const level = fc.constantFrom('a', 'b', '$s', '+', '%a', '%c');
const filter = fc
  .tuple(fc.array(level, { minLength: 0, maxLength: 3 }), fc.boolean())
  .map(([levels, isOpen]) => (isOpen || levels.length === 0 ? [...levels, '#'] : levels).join('/'));
const actions = fc.subarray<Action>(['send', 'subscribe'], { minLength: 1 });
const rule: fc.Arbitrary<Rule> = fc
  .record({ effect: fc.constantFrom('allow', 'deny'), actions, topics: fc.option(fc.array(filter, { maxLength: 3 })) })
  .map(({ topics, ...rest }) => (topics === null ? rest : { ...rest, topics }) as Rule);
const rules = fc.array(rule, { maxLength: 6 });
const action = fc.constantFrom<Action>('send', 'subscribe', 'call');

/** MQTT 3.1.1, section 4.7, in as few words as it has. */
function matches([first, ...more]: readonly string[], levels: readonly string[], isFirst = true): boolean {
  if (isFirst && levels[0]?.startsWith('$') && (first === '#' || first === '+')) return false;
  if (first === '#') return true;
  if (first === undefined || levels.length === 0) return first === undefined && levels.length === 0;
  return (first === '+' || first === levels[0]) && matches(more, levels.slice(1), false);
}

function isAbout({ topics }: Rule, topic: string): boolean {
  if (topics === undefined) return true;
  return topics.some((each) => {
    // A rule about everything is about the gateway's own topics too.
    if (each === '#') return true;
    const meant = each.split('/').map((part) => (part === '%a' ? WHO.account : part === '%c' ? WHO.id : part));
    return matches(meant, topic.split('/'));
  });
}

function mayBy(list: readonly Rule[], asked: Action, topic: string): boolean {
  const found = list.filter((each) => each.actions.includes(asked) && isAbout(each, topic));
  return found.length > 0 && found.every(({ effect }) => effect === 'allow');
}

describe('rules', () => {
  it('decide as a plain reading of them does', () => {
    fc.assert(
      fc.property(rules, action, fc.constantFrom(...TOPICS), (list, asked, topic) => {
        return compileRules(list).decide(asked, topic, WHO) === mayBy(list, asked, topic);
      }),
      { numRuns: 2000 },
    );
  });

  it('decide alike in any order, and by one role or by several', () => {
    fc.assert(
      fc.property(rules, action, fc.constantFrom(...TOPICS), (list, asked, topic) => {
        const turned = compileRules([...list].reverse());
        return turned.decide(asked, topic, WHO) === compileRules([...list, ...list]).decide(asked, topic, WHO);
      }),
    );
  });

  it('never refuse a topic filter of which any topic is allowed', () => {
    fc.assert(
      fc.property(rules, action, filter, (list, asked, each) => {
        const meant = each.replaceAll('%a', 'a').replaceAll('%c', 'b');
        const levels = meant.split('/');
        const mayAny = TOPICS.some((topic) => matches(levels, topic.split('/')) && mayBy(list, asked, topic));
        return !mayAny || compileRules(list).overlaps(asked, meant, WHO);
      }),
      { numRuns: 500 },
    );
  });

  it('give with one more deny nothing that was not there before', () => {
    fc.assert(
      fc.property(rules, rule, action, fc.constantFrom(...TOPICS), (list, more, asked, topic) => {
        const after = compileRules([...list, { ...more, effect: 'deny' }]);
        return !after.decide(asked, topic, WHO) || compileRules(list).decide(asked, topic, WHO);
      }),
    );
  });

  it('say that an action is free only where every topic is allowed', () => {
    fc.assert(
      fc.property(rules, action, (list, asked) => {
        return !compileRules(list).isFree[asked] || TOPICS.every((topic) => mayBy(list, asked, topic));
      }),
    );
  });
});
