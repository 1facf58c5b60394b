import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../src/hub/pattern.ts';
import { TopicTrie } from '../../src/hub/topic-trie.ts';

const level = fc.constantFrom('a', 'b', '$s', '', '+');
const filter = fc
  .tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => (isOpen ? [...levels, '#'] : levels).join('/'));
const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));

function matched(trie: TopicTrie<string>, name: string): string[] {
  const found: string[] = [];
  trie.match(name, (value) => found.push(value));
  return found.sort();
}

describe('topic filters in a trie', () => {
  it('match what each of them matches alone, each once, also after others were taken away', () => {
    fc.assert(
      fc.property(fc.uniqueArray(filter), fc.array(filter), topic, (filters, removed, name) => {
        const trie = new TopicTrie<string>();
        for (const each of filters) trie.set(each, each, each);
        for (const each of removed) trie.delete(each, each);
        const left = filters.filter((each) => !removed.includes(each));
        const matching = left.filter((each) => matchesPattern(each.split('/'), name)).sort();
        expect(matched(trie, name)).toEqual(matching);
      }),
    );
  });

  it('have as many values as keys', () => {
    const trie = new TopicTrie<string>();
    for (const key of ['one', 'two']) trie.set('a/+', key, key);
    expect(matched(trie, 'a/b')).toEqual(['one', 'two']);
    trie.delete('a/+', 'one');
    expect(matched(trie, 'a/b')).toEqual(['two']);
  });
});
