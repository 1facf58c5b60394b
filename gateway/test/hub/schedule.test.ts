import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';

describe('a scheduled message', () => {
  it('is sent at its time, which is its timestamp then', () => {
    const { hub, clock } = buildHouse();
    const bob = join(hub, 'bob', ['news']);
    const dueMs = clock.now() + 5000;
    expect(send(hub, 'alice', 'news', 'later', { dueMs })).toEqual({
      delivered: 0,
      refused: 0,
      reason: undefined,
      dueMs,
    });
    clock.advance(4999);
    expect(bob.received).toEqual([]);
    clock.advance(1);
    expect(bob.received.map(({ body, timestampMs }) => [body, timestampMs])).toEqual([['later', dueMs]]);
  });

  it('is sent at once where its time is past', () => {
    const { hub, clock, store } = buildHouse();
    const bob = join(hub, 'bob', ['news']);
    expect(send(hub, 'alice', 'news', 'now', { dueMs: clock.now() }).delivered).toBe(1);
    expect(bodies(bob)).toEqual(['now']);
    expect(store.scheduled.size).toBe(0);
  });

  it('is one of any number, and each is sent in its turn', () => {
    const { hub, clock } = buildHouse();
    const bob = join(hub, 'bob', ['news']);
    for (const seconds of [3, 1, 2]) send(hub, 'alice', 'news', `${seconds}`, { dueMs: clock.now() + seconds * 1000 });
    clock.advance(10_000);
    expect(bodies(bob)).toEqual(['1', '2', '3']);
  });

  it('is on disk until it is sent', () => {
    const { hub, clock, store } = buildHouse();
    send(hub, 'alice', 'news', 'later', { dueMs: clock.now() + 5000, retainMs: 60_000 });
    expect([...store.scheduled.values()]).toMatchObject([
      { message: { from: 'alice', to: 'news', body: 'later' }, dueMs: clock.now() + 5000, retainMs: 60_000 },
    ]);
    clock.advance(5000);
    expect(store.scheduled.size).toBe(0);
    expect(hub.retained('news')?.body).toBe('later');
  });

  it('survives a restart, and is sent at once where it fell due meanwhile', () => {
    const { hub, clock, store } = buildHouse();
    send(hub, 'alice', 'news', 'missed', { dueMs: clock.now() + 1000 });
    send(hub, 'alice', 'news', 'later', { dueMs: clock.now() + 100_000 });
    const next = buildHouse();
    const bob = join(next.hub, 'bob', ['news']);
    next.clock.jumpTo(clock.now() + 50_000);
    next.hub.restore({ clients: [], retained: [], scheduled: [...store.scheduled.values()] });
    next.clock.advance(0);
    expect(bodies(bob)).toEqual(['missed']);
    next.clock.advance(50_000);
    expect(bodies(bob)).toEqual(['later']);
  });

  it('keeps its place where a clock that was set back gives a later one the same time', () => {
    const { hub, clock, store } = buildHouse();
    send(hub, 'alice', 'news', 'first run', { dueMs: clock.now() + 1000 });
    const next = buildHouse();
    next.hub.restore({ clients: [], retained: [], scheduled: [...store.scheduled.values()] });
    const bob = join(next.hub, 'bob', ['news']);
    send(next.hub, 'alice', 'news', 'second run', { dueMs: next.clock.now() + 1000 });
    expect(next.store.scheduled.size).toBe(1);
    next.clock.advance(1000);
    expect(bodies(bob)).toEqual(['first run', 'second run']);
  });

  it('is sent within half a minute when the clock jumps past its time', () => {
    const { hub, clock } = buildHouse();
    const bob = join(hub, 'bob', ['news']);
    send(hub, 'alice', 'news', 'later', { dueMs: clock.now() + 86_400_000 });
    clock.jumpTo(clock.now() + 365 * 86_400_000);
    clock.advance(30_000);
    expect(bodies(bob)).toEqual(['later']);
  });

  it('is not sent early when the clock jumps back', () => {
    const { hub, clock } = buildHouse();
    const bob = join(hub, 'bob', ['news']);
    const dueMs = clock.now() + 10_000;
    send(hub, 'alice', 'news', 'later', { dueMs });
    clock.jumpTo(clock.now() - 3_600_000);
    clock.advance(3_600_000);
    expect(bob.received).toEqual([]);
    clock.advance(10_000);
    expect(bodies(bob)).toEqual(['later']);
  });

  it('waits until the clock is known to be right, past or not', () => {
    const { hub, clock } = buildHouse();
    const bob = join(hub, 'bob', ['news']);
    clock.trusted = false;
    send(hub, 'alice', 'news', 'long past', { dueMs: clock.now() - 5000 });
    send(hub, 'alice', 'news', 'soon', { dueMs: clock.now() + 5000 });
    clock.advance(3_600_000);
    expect(bodies(bob)).toEqual([]);
    clock.trusted = true;
    clock.advance(30_000);
    expect(bodies(bob)).toEqual(['long past', 'soon']);
  });

  it('keeps its place among those of the same moment, though timers are not that exact', () => {
    const { hub, clock, store } = buildHouse();
    const bob = join(hub, 'bob', ['news']);
    const after = clock.after.bind(clock);
    let lateMs = 1;
    clock.after = (delayMs, run) => {
      lateMs *= 0.9;
      return after(delayMs + lateMs, run);
    };
    const dueMs = clock.now() + 1000;
    for (const body of ['1', '2', '3']) send(hub, 'alice', 'news', body, { dueMs });
    for (const body of ['4', '5', '6']) {
      send(hub, 'alice', 'news', body, { delayMs: 2000 });
      clock.advance(0.2);
    }
    clock.advance(1500);
    expect(bodies(bob)).toEqual(['1', '2', '3']);
    clock.advance(1000);
    expect(bodies(bob)).toEqual(['4', '5', '6']);
    expect(store.scheduled.size).toBe(0);
  });

  it('stays on disk when the gateway stops', () => {
    const { hub, clock, store } = buildHouse();
    const bob = join(hub, 'bob', ['news']);
    send(hub, 'alice', 'news', 'later', { dueMs: clock.now() + 1000 });
    hub.stop();
    clock.advance(60_000);
    expect(bodies(bob)).toEqual([]);
    expect(store.scheduled.size).toBe(1);
  });
});

describe('a delayed message', () => {
  it.each([1, -1, 8760])('comes in its time where the wall clock steps by %d hours', (hours) => {
    const { hub, clock } = buildHouse();
    clock.trusted = false;
    const bob = join(hub, 'bob', ['news']);
    const dueMs = clock.now() + 12_000;
    expect(send(hub, 'alice', 'news', 'later', { delayMs: 12_000 }).dueMs).toBe(dueMs);
    clock.jumpTo(clock.now() + hours * 3_600_000);
    clock.advance(11_999);
    expect(bodies(bob)).toEqual([]);
    clock.advance(1);
    expect(bob.received.map(({ timestampMs }) => timestampMs)).toEqual([dueMs + hours * 3_600_000]);
  });

  it('waits no longer than it had to after a power cut, which leaves the clock behind', () => {
    const { hub, clock, store } = buildHouse();
    clock.advance(200_000);
    send(hub, 'alice', 'news', 'later', { delayMs: 12_000 });
    const next = buildHouse();
    next.hub.restore({ clients: [], retained: [], scheduled: [...store.scheduled.values()] });
    const bob = join(next.hub, 'bob', ['news']);
    next.clock.advance(12_000);
    expect(bodies(bob)).toEqual(['later']);
  });

  it('waits over a restart for what was left, whatever the wall clock says then', () => {
    const { hub, clock, store } = buildHouse();
    send(hub, 'alice', 'news', 'later', { delayMs: 12_000 });
    clock.advance(10_000);
    const next = buildHouse();
    next.clock.advance(clock.monotonicMs());
    next.clock.jumpTo(0);
    next.hub.restore({ clients: [], retained: [], scheduled: [...store.scheduled.values()] });
    const bob = join(next.hub, 'bob', ['news']);
    next.clock.advance(1999);
    expect(bodies(bob)).toEqual([]);
    next.clock.advance(1);
    expect(bodies(bob)).toEqual(['later']);
  });
});
