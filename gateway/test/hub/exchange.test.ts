import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse, type TestHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/hub/exchange.ts';
import { Message } from '../../src/hub/message.ts';

/** An exchange that remembers what it was asked for. */
class FakeExchange implements Exchange {
  readonly published: [to: string, body: unknown, retainMs: number | undefined][] = [];
  readonly cleared: string[] = [];
  readonly held: [to: string, body: unknown][] = [];
  /** Who subscribes over there, by channel. */
  readonly members: Record<string, string[]> = {};
  /** For whom it keeps what comes while they are away. */
  readonly kept = new Set<string>();

  publish(message: Message, retainMs: number | undefined): number {
    this.published.push([message.to, message.body, retainMs]);
    return this.subscribers(message.to).length;
  }
  hold(message: Message): void {
    this.held.push([message.to, message.body]);
  }
  clearRetained(channel: string): void {
    this.cleared.push(channel);
  }
  subscribers(channel: string): readonly string[] {
    return this.members[channel] ?? [];
  }
  keepsFor(id: string): boolean {
    return this.kept.has(id);
  }
}

function build(): TestHouse & { exchange: FakeExchange } {
  const exchange = new FakeExchange();
  const house = buildHouse();
  house.hub.attach(exchange);
  return { ...house, exchange };
}

describe('the exchange', () => {
  it('gets what is sent to a channel, and its recipients count', () => {
    const { hub, exchange } = build();
    exchange.members.news = ['m1', 'm2'];
    join(hub, 'bob', ['news']);
    expect(send(hub, 'alice', 'news', 'hi').delivered).toBe(3);
    expect(exchange.published).toEqual([['news', 'hi', undefined]]);
    expect(hub.members('news')).toEqual(['bob', 'm1', 'm2']);
  });

  it('does not get what is for one client', () => {
    const { hub, exchange } = build();
    join(hub, 'bob');
    send(hub, 'alice', 'bob', 'hi');
    expect(exchange.published).toEqual([]);
  });

  it('does not get back what came from it, nor is that delivered to its own clients again', () => {
    const { hub, exchange } = build();
    const bob = join(hub, 'bob', ['news']);
    const mqtt = join(hub, 'm1', [], 'mqtt');
    expect(send(hub, 'm2', 'news', 'hi', { fromExchange: true }).delivered).toBe(1);
    send(hub, 'm2', 'm1', 'hi', { fromExchange: true });
    expect(bodies(bob)).toEqual(['hi']);
    expect(bodies(mqtt)).toEqual([]);
    expect(exchange.published).toEqual([]);
  });

  it('never hears of private channels', () => {
    const { hub, exchange, clock } = build();
    join(hub, 'bob', ['lab:secret']);
    send(hub, 'alice', 'lab:secret', 'psst', { retainMs: 1000 });
    send(hub, 'alice', 'lab:secret', 'psst', { retainMs: 1000 });
    send(hub, 'alice', 'lab', 'no');
    clock.advance(5000);
    expect(exchange.published).toEqual([]);
    expect(exchange.cleared).toEqual([]);
  });

  it('keeps retained messages as well, and ends them with the hub', () => {
    const { hub, exchange, clock } = build();
    send(hub, 'alice', 'a', 'old', { retainMs: 5000 });
    send(hub, 'alice', 'b', 'old', { retainMs: 5000 });
    expect(exchange.published).toEqual([
      ['a', 'old', 5000],
      ['b', 'old', 5000],
    ]);
    send(hub, 'alice', 'a', 'new');
    expect(exchange.cleared).toEqual(['a']);
    clock.advance(6000);
    expect(exchange.cleared).toEqual(['a', 'b']);
  });

  it('holds kept values as they are together, and gets what is sent as it is', () => {
    const { hub, exchange, store } = build();
    send(hub, 'alice', 'room', '{"a":1}', { keep: true });
    send(hub, 'bob', 'room', '{"b":2}', { keep: true });
    send(hub, 'bob', 'room', '{"a":null,"b":null}');
    expect(exchange.published.map(([, body, retainMs]) => [body, retainMs])).toEqual([
      ['{"a":1}', undefined],
      ['{"b":2}', undefined],
      ['{"a":null,"b":null}', undefined],
    ]);
    expect([exchange.held, exchange.cleared]).toEqual([
      [
        ['room', '{"a":1}'],
        ['room', '{"a":1,"b":2}'],
      ],
      ['room'],
    ]);
    send(hub, 'bob', 'room', '{"b":3}', { keep: true });
    const later = build();
    later.hub.restore({ clients: [], retained: [...store.retained], scheduled: [] });
    expect(later.exchange.held).toEqual([['room', '{"b":3}']]);
  });

  it('is not shown what is to be retained where the hub has no room for it', () => {
    const exchange = new FakeExchange();
    const { hub } = buildHouse({ maxRetained: 0 });
    hub.attach(exchange);
    expect(send(hub, 'alice', 'a', 'x', { retainMs: 5000 }).reason).toBe('store_full');
    expect(exchange.published).toEqual([]);
  });

  it('shows its own retained messages to the subscribers of the hub, until it takes them away', () => {
    const { hub, store } = build();
    const message = new Message({ from: 'm1', to: 'a/b', kind: 'text', body: 'mqtt', timestampMs: 1 });
    hub.mirrorRetained('a/b', message);
    send(hub, 'alice', 'a/b', 'not retained');
    expect(bodies(join(hub, 'bob', ['a/b']))).toEqual(['mqtt']);
    expect(bodies(join(hub, 'carol', ['a/#']))).toEqual(['mqtt']);
    expect(store.retained.size).toBe(0);
    hub.mirrorRetained('a/b', undefined);
    expect(bodies(join(hub, 'dave', ['a/b']))).toEqual([]);
  });

  it('need not hand over what nobody here wants', () => {
    const { hub } = build();
    expect(hub.reaches('news')).toBe(false);
    const bob = join(hub, 'bob', ['news']);
    expect([hub.reaches('news'), hub.reaches('bob'), hub.reaches('other')]).toEqual([true, true, false]);
    hub.subscribe(bob, 'home/+/door');
    expect([hub.reaches('home/1/door'), hub.reaches('home/1')]).toEqual([true, false]);
    hub.leave(bob, 'closed');
    send(hub, 'alice', 'old', 'x', { retainMs: 1000 });
    hub.mirrorRetained('kept', new Message({ from: 'm', to: 'kept', kind: 'text', body: 'x', timestampMs: 1 }));
    expect([hub.reaches('old'), hub.reaches('kept'), hub.reaches('other')]).toEqual([true, false, false]);
    hub.tap(() => {});
    expect(hub.reaches('other')).toBe(true);
  });

  it('is told at the start which retained messages ended meanwhile', () => {
    const { hub, exchange, clock } = build();
    const message = { from: 'a', to: 'x', kind: 'text', body: 'x', timestampMs: 1 } as const;
    hub.restore({ clients: [], retained: [['x', { message, expiresMs: clock.monotonicMs() }]], scheduled: [] });
    expect(exchange.cleared).toEqual(['x']);
  });

  it('may keep what is for a client that is away, which a message misses otherwise', () => {
    const { hub, exchange } = build();
    const bob = join(hub, 'bob');
    join(hub, 'watcher', ['#']);
    const message = new Message({ from: 'alice', to: 'bob', kind: 'text', body: 'hi', timestampMs: 0 });
    expect(hub.misses(message)).toBe(false);
    hub.leave(bob, 'closed');
    expect(hub.misses(message)).toBe(true);
    exchange.members.bob = ['m1'];
    expect(hub.misses(message)).toBe(false);
    exchange.members.bob = [];
    exchange.kept.add('bob');
    expect(hub.misses(message)).toBe(false);
  });
});
