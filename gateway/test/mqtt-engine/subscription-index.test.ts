import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../src/hub/pattern.ts';
import type { QoS } from '../../src/mqtt-engine/contract.ts';
import type { Match } from '../../src/mqtt-engine/store/subscription.ts';
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
            // What was found before a change must not be found after it.
            for (const name of topics) {
              const ids = [...model.values()]
                .filter((one) => matchesPattern(one.filter.split('/'), name))
                .map(({ id }) => id);
              expect(
                matchesOf(index, name)
                  .map(({ id }) => id)
                  .sort(),
              ).toEqual([...new Set(ids)].sort());
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
          expect(index.hearsDollar).toBe([...model.values()].some((each) => each.filter.startsWith('$')));
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
    const keepers = matchesOf(index, 'led').filter(({ durable, qos }) => durable && qos > 0);
    expect(keepers.map(({ id }) => id)).toEqual(['away']);
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

  it('gives a client with subscriptions that overlap one match, with the highest QoS and all identifiers', () => {
    const index = new SubscriptionIndex(() => true);
    index.set({ id: 'x', filter: 'a/b', qos: 0, durable: false, identifier: 3 });
    index.set({ id: 'x', filter: 'a/+', qos: 2, durable: true, identifier: 4 });
    index.set({ id: 'x', filter: '#', qos: 1, durable: false, retainAsPublished: true });
    index.set({ id: 'y', filter: 'a/#', qos: 1, durable: false, noLocal: true });
    expect(matchesOf(index, 'a/b', 'y')).toEqual([
      { id: 'x', qos: 2, durable: true, retainAsPublished: true, identifiers: [3, 4], shared: undefined },
    ]);
    expect(matchesOf(index, 'a/b', 'x').map(({ id }) => id)).toEqual(['x', 'y']);
  });

  it('gives what matches a shared subscription to one member after the other, who goes and comes', () => {
    const index = new SubscriptionIndex((id) => id !== 'away');
    for (const id of ['x', 'y', 'z', 'away']) index.set({ id, filter: '$share/g/a/+', qos: 0, durable: false });
    index.set({ id: 'x', filter: 'a/b', qos: 1, durable: false });
    const next = (): string | undefined => index.group('$share/g/a/+')?.choose(({ id }) => id !== 'away')?.id;
    expect(matchesOf(index, 'a/b').map(({ id }) => id)).toEqual(['x']);
    expect(index.reach('a/b')).toEqual({ count: 2, qos: 1 });
    expect([next(), next()]).toEqual(['x', 'y']);
    index.delete('x', '$share/g/a/+');
    // A member that asks for another QoS stays where it is.
    index.set({ id: 'z', filter: '$share/g/a/+', qos: 2, durable: false });
    expect([next(), next(), next()]).toEqual(['z', 'y', 'z']);
    for (const id of ['y', 'z', 'away']) index.delete(id, '$share/g/a/+');
    expect(index.reach('a/b')).toEqual({ count: 1, qos: 1 });
    expect(index.group('$share/g/a/+')).toBeUndefined();
  });
});

function matchesOf(index: SubscriptionIndex, name: string, from?: string): Match[] {
  const matches: Match[] = [];
  index.visit(
    name,
    from,
    (match) => matches.push(match),
    () => {},
  );
  return matches.map(({ id, qos, durable, retainAsPublished, identifiers, shared }) => ({
    ...{ id, qos, durable, retainAsPublished, identifiers, shared },
  }));
}
