import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../../src/hub/pattern.ts';
import { TopicTree } from '../../../src/mqtt-engine/store/topic-tree.ts';
import { openStore, text } from './support.ts';

const level = fc.constantFrom('a', 'b', '', '$x');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'));

describe('the tree of topics', () => {
  it('finds exactly what a filter matches, whatever was added and taken away', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(topic, fc.boolean()), { maxLength: 30 }), fc.array(filter), (steps, filters) => {
        const tree = new TopicTree<string>();
        const model = new Set<string>();
        for (const [name, isAdded] of steps) {
          const leaf = tree.get(name);
          expect(leaf?.value).toBe(model.has(name) ? name : undefined);
          if (isAdded && leaf === undefined) tree.add(name, name);
          if (!isAdded && leaf !== undefined) tree.delete(leaf);
          if (isAdded) model.add(name);
          else model.delete(name);
        }
        for (const each of ['#', '+/#', ...filters]) {
          const expected = [...model].filter((name) => matchesPattern(each.split('/'), name));
          expect(tree.match(each).sort()).toEqual(expected.sort());
        }
      }),
    );
  });
});

describe('a retained message', () => {
  it('is there after a restart with all that was said of it, the last of its topic, until an empty one comes', async () => {
    const test = await openStore();
    const { retained } = test.store;
    for (const body of ['1', '2'])
      retained.keep(text(body, { topic: 'a', qos: 2, account: 'anna', address: '::1', retain: true }));
    retained.keep(text('x', { topic: 'b' }));
    retained.keep(text('', { topic: 'b' }));
    await test.store.committed();
    const again = await test.again();
    const [found, ...others] = again.store.retained.match('#');
    expect(others).toEqual([]);
    const message = found && again.store.retained.read(found);
    expect(message).toMatchObject({
      topic: 'a',
      qos: 2,
      retain: true,
      clientId: 'sender',
      account: 'anna',
      address: '::1',
    });
    expect(message?.payload.toString()).toBe('2');
    expect(test.db.keys('retained:')).toEqual(['retained:a']);
  });

  it('goes when its time is over, whether somebody meets it or not, also over a restart', async () => {
    const test = await openStore();
    const soon = test.clock.monotonicMs() + 1000;
    for (const name of ['met', 'swept']) test.store.retained.keep(text('x', { topic: name, expiresAtMs: soon }));
    test.store.retained.keep(text('x', { topic: 'later', expiresAtMs: soon + 600_000 }));
    await test.store.committed();
    const other = await test.again();
    for (const { store } of [test, other]) expect(store.retained.size).toBe(3);
    test.clock.advance(1000);
    expect(test.store.retained.match('met')).toEqual([]);
    expect(test.store.retained.size).toBe(2);
    test.clock.advance(60_000);
    for (const { store } of [test, other]) {
      expect(store.retained.size).toBe(1);
      expect(store.retained.match('#').map((each) => each.topic)).toEqual(['later']);
    }
    await test.store.committed();
    expect(test.db.keys('retained:')).toEqual(['retained:later']);
    test.clock.advance(600_000);
    expect(test.store.retained.size).toBe(0);
  });

  it('does not hold the memory of everything that was read with it', async () => {
    const { store } = await openStore();
    const chunk = Buffer.alloc(1_000_000, 'x');
    store.retained.keep(text('', { topic: 'a', payload: chunk.subarray(5, 10) }));
    expect(store.retained.own('a')?.payload.buffer.byteLength).toBeLessThan(100_000);
  });
});
