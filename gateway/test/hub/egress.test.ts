import { FakeEgress, textTo } from '@crosscomm/testing/fake-egress';
import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse, type TestHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { Message } from '../../src/hub/message.ts';

function build(): TestHouse & { egress: FakeEgress } {
  const egress = new FakeEgress();
  const house = buildHouse();
  house.hub.attach(egress);
  return { ...house, egress };
}

describe('another matcher', () => {
  it('gets what is sent to a channel, and its recipients count', () => {
    const { hub, egress } = build();
    egress.members.news = ['m1', 'm2'];
    join(hub, 'bob', ['news']);
    expect(send(hub, 'alice', 'news', 'hi').delivered).toBe(3);
    expect(egress.published).toEqual([['news', 'hi', undefined]]);
    expect(hub.members('news')).toEqual(['bob', 'm1', 'm2']);
  });

  it('does not get what is for one client', () => {
    const { hub, egress } = build();
    join(hub, 'bob');
    send(hub, 'alice', 'bob', 'hi');
    expect(egress.published).toEqual([]);
  });

  it('does not get back what came from it, nor is that delivered to its own clients again', () => {
    const { hub, egress } = build();
    const bob = join(hub, 'bob', ['news']);
    const mqtt = join(hub, 'm1', [], 'mqtt');
    expect(send(hub, 'm2', 'news', 'hi', { ingress: egress }).delivered).toBe(1);
    send(hub, 'm2', 'm1', 'hi', { ingress: egress });
    expect(bodies(bob)).toEqual(['hi']);
    expect(bodies(mqtt)).toEqual([]);
    expect(egress.published).toEqual([]);
  });

  it('never hears of private channels', () => {
    const { hub, egress, clock } = build();
    join(hub, 'bob', ['lab:secret']);
    send(hub, 'alice', 'lab:secret', 'psst', { retainMs: 1000 });
    send(hub, 'alice', 'lab:secret', 'psst', { retainMs: 1000 });
    send(hub, 'alice', 'lab', 'no');
    clock.advance(5000);
    expect(egress.published).toEqual([]);
    expect(egress.cleared).toEqual([]);
  });

  it('keeps retained messages as well, and ends them with the hub', () => {
    const { hub, egress, clock } = build();
    send(hub, 'alice', 'a', 'old', { retainMs: 5000 });
    send(hub, 'alice', 'b', 'old', { retainMs: 5000 });
    expect(egress.published).toEqual([
      ['a', 'old', 5000],
      ['b', 'old', 5000],
    ]);
    send(hub, 'alice', 'a', 'new');
    expect(egress.cleared).toEqual(['a']);
    clock.advance(6000);
    expect(egress.cleared).toEqual(['a', 'b']);
  });

  it('holds kept values as they are together, and gets what is sent as it is', () => {
    const { hub, egress, store } = build();
    send(hub, 'alice', 'room', '{"a":1}', { keep: true });
    send(hub, 'bob', 'room', '{"b":2}', { keep: true });
    send(hub, 'bob', 'room', '{"a":null,"b":null}');
    expect(egress.published.map(([, body, retainMs]) => [body, retainMs])).toEqual([
      ['{"a":1}', undefined],
      ['{"b":2}', undefined],
      ['{"a":null,"b":null}', undefined],
    ]);
    expect([egress.held, egress.cleared]).toEqual([
      [
        ['room', '{"a":1}'],
        ['room', '{"a":1,"b":2}'],
      ],
      ['room'],
    ]);
    send(hub, 'bob', 'room', '{"b":3}', { keep: true });
    const later = build();
    later.hub.restore({ clients: [], retained: [...store.retained], scheduled: [] });
    expect(later.egress.held).toEqual([['room', '{"b":3}']]);
  });

  it('is not shown what is to be retained where the hub has no room for it', () => {
    const egress = new FakeEgress();
    const { hub } = buildHouse({ maxRetained: 0 });
    hub.attach(egress);
    expect(send(hub, 'alice', 'a', 'x', { retainMs: 5000 }).reason).toBe('store_full');
    expect(egress.published).toEqual([]);
  });

  it('shows its own retained messages to the subscribers of the hub, until it takes them away', () => {
    const { hub, store, egress } = build();
    const message = new Message({ from: 'm1', to: 'a/b', kind: 'text', body: 'mqtt', timestampMs: 1 });
    egress.retain(hub, 'a/b', message);
    send(hub, 'alice', 'a/b', 'not retained');
    expect(bodies(join(hub, 'bob', ['a/b']))).toEqual(['mqtt']);
    expect(bodies(join(hub, 'carol', ['a/#']))).toEqual(['mqtt']);
    expect(store.retained.size).toBe(0);
    egress.retain(hub, 'a/b');
    expect(bodies(join(hub, 'dave', ['a/b']))).toEqual([]);
  });

  it('need not hand over what nobody here wants', () => {
    const { hub, egress } = build();
    const reaches = (to: string): boolean => hub.offer(to, { ingress: egress }, textTo, to) !== undefined;
    expect(reaches('news')).toBe(false);
    const bob = join(hub, 'bob', ['news']);
    expect([reaches('news'), reaches('bob'), reaches('other')]).toEqual([true, true, false]);
    hub.subscribe(bob, 'home/+/door');
    expect([reaches('home/1/door'), reaches('home/1')]).toEqual([true, false]);
    hub.leave(bob, 'closed');
    send(hub, 'alice', 'old', 'x', { retainMs: 1000 });
    egress.retain(hub, 'kept', textTo('kept'));
    expect([reaches('old'), reaches('kept'), reaches('other')]).toEqual([true, false, false]);
  });

  it('shows what nobody here wants to observers, which changes nothing for anybody else', () => {
    const { hub, egress } = build();
    const seen: string[] = [];
    const stop = hub.observe(({ to }, { delivered }) => seen.push(`${to} ${delivered}`));
    const before = hub.counters;
    expect(hub.offer('other', { ingress: egress }, textTo, 'other')).toBeUndefined();
    stop();
    hub.offer('more', { ingress: egress }, textTo, 'more');
    expect(seen).toEqual(['other 0']);
    expect(hub.counters).toEqual(before);
  });

  it('is told at the start which retained messages ended meanwhile', () => {
    const { hub, egress, clock } = build();
    const message = { from: 'a', to: 'x', kind: 'text', body: 'x', timestampMs: 1 } as const;
    hub.restore({ clients: [], retained: [['x', { message, expiresMs: clock.monotonicMs() }]], scheduled: [] });
    expect(egress.cleared).toEqual(['x']);
  });

  it('may keep what is for a client that is away, which a message misses otherwise', () => {
    const { hub, egress } = build();
    const bob = join(hub, 'bob');
    join(hub, 'watcher', ['#']);
    const message = new Message({ from: 'alice', to: 'bob', kind: 'text', body: 'hi', timestampMs: 0 });
    expect(hub.misses(message)).toBe(false);
    hub.leave(bob, 'closed');
    expect(hub.misses(message)).toBe(true);
    egress.members.bob = ['m1'];
    expect(hub.misses(message)).toBe(false);
    egress.members.bob = [];
    egress.kept.add('bob');
    expect(hub.misses(message)).toBe(false);
  });
});
