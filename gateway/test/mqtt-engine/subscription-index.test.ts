import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../src/hub/pattern.ts';
import type { QoS } from '../../src/mqtt-engine/contract.ts';
import { SubscriptionIndex } from '../../src/mqtt-engine/store/subscription-index.ts';

const level = fc.constantFrom('a', 'b', '', '$x');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'));
const subscription = fc.record({
  id: fc.constantFrom('x', 'y', 'z'),
  filter,
  qos: fc.constantFrom<QoS>(0, 1, 2),
  durable: fc.boolean(),
  noLocal: fc.constant(false),
});

describe('the index of subscriptions', () => {
  it('finds exactly the clients whose filters match, whatever was added and taken away', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(subscription, fc.boolean()), { maxLength: 30 }),
        fc.array(topic, { minLength: 1 }),
        (steps, topics) => {
          const index = new SubscriptionIndex((id) => id !== 'z');
          const model = new Map<string, (typeof steps)[number][0]>();
          for (const [each, isAdded] of steps) {
            const key = `${each.id} ${each.filter}`;
            if (isAdded) {
              index.set(each);
              model.set(key, each);
            } else {
              index.delete(each.id, each.filter);
              model.delete(key);
            }
          }
          for (const name of topics) {
            const best = new Map<string, (typeof steps)[number][0]>();
            for (const each of model.values()) {
              if (!matchesPattern(each.filter.split('/'), name)) continue;
              if ((best.get(each.id)?.qos ?? -1) < each.qos) best.set(each.id, each);
            }
            for (const id of ['x', 'y', 'z']) expect(index.of(id).granted(name)).toBe(best.get(id)?.qos);
          }
          const durable = new Set([...model.values()].filter((each) => each.durable).map((each) => each.id));
          for (const id of ['x', 'y', 'z'] as const) expect(index.isDurable(id)).toBe(durable.has(id));
        },
      ),
    );
  });

  it('counts those who are online, and those for whom the disk keeps it', () => {
    const index = new SubscriptionIndex((id) => id === 'here');
    index.set({ id: 'here', filter: 'led', qos: 0, durable: false, noLocal: false });
    index.set({ id: 'away', filter: 'led', qos: 1, durable: true, noLocal: false });
    index.set({ id: 'careless', filter: 'led', qos: 0, durable: true, noLocal: false });
    expect(index.reach('led')).toEqual({ count: 2, qos: 1 });
    expect(index.keepers('led').map(({ id }) => id)).toEqual(['away']);
    expect(index.reach('other')).toEqual({ count: 0, qos: 0 });
  });

  it('counts a client once, at its highest QoS', () => {
    const index = new SubscriptionIndex(() => true);
    index.set({ id: 'a', filter: 'led', qos: 0, durable: false, noLocal: false });
    index.set({ id: 'a', filter: '#', qos: 2, durable: false, noLocal: false });
    expect(index.reach('led')).toEqual({ count: 1, qos: 2 });
  });

  it('forgets a connection, not the session on disk', () => {
    const index = new SubscriptionIndex(() => true);
    index.set({ id: 'a', filter: 'led', qos: 0, durable: false, noLocal: false });
    index.set({ id: 'a', filter: 'fan', qos: 1, durable: true, noLocal: false });
    index.deleteTransient('a');
    expect([...index.exact('led')]).toEqual([]);
    expect([...index.exact('fan')]).toEqual(['a']);
    expect(index.isDurable('a')).toBe(true);
  });
});
