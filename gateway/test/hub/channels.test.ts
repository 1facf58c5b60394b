import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChannelTable } from '../../src/hub/channels.ts';
import { Sequence } from '../../src/hub/sequence.ts';
import { TopicTrie } from '../../src/hub/topic-trie.ts';

const PATTERNS = ['#', '+', 'a/#', 'a/+', '+/b', 'a/+/c', '$x/#'];
const NAMES = ['a', 'a/b', 'a/b/c', 'b', '$x/a', `a/${'n'.repeat(300)}`];

it('finds what a channel matches, whatever came and went since it was asked for before', () => {
  const steps = fc.array(fc.oneof(fc.constantFrom(...PATTERNS), fc.constantFrom(...NAMES)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (taken) => {
      const table = new ChannelTable(new Sequence());
      const open = new Set<string>();
      for (const step of taken) {
        if (NAMES.includes(step)) {
          const trie = new TopicTrie<string>();
          for (const pattern of open) trie.set(pattern, pattern, pattern);
          const expected: string[] = [];
          trie.match(step, (pattern) => {
            expected.push(pattern);
          });
          expect(new Set(table.matching(step).map(({ name }) => name))).toEqual(new Set(expected));
        } else if (open.delete(step)) expect(table.prune(step)).toBe(true);
        else {
          table.open({ name: step, password: undefined, functions: undefined });
          open.add(step);
        }
      }
    }),
  );
});

it('remembers no more than it has room for, and goes on to find', () => {
  const table = new ChannelTable(new Sequence());
  table.open({ name: 'room/+', password: undefined, functions: undefined });
  for (let each = 0; each < 10_000; each++) {
    expect(table.matching(`room/${each}`).map(({ name }) => name)).toEqual(['room/+']);
    expect(table.matching(`other/${each}`)).toEqual([]);
  }
});
