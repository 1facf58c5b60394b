import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { Message } from '../../src/hub/message.ts';

const MINUTE_MS = 60_000;

describe('a retained message', () => {
  it('is kept without a subscriber, and delivered to later ones, its sender included', () => {
    const { hub } = buildHouse();
    send(hub, 'alice', 'news', 'old', { retainMs: MINUTE_MS });
    expect([join(hub, 'bob', ['news']), join(hub, 'alice', ['news'])].map(bodies)).toEqual([['old'], ['old']]);
  });

  it('goes at once to who is there', () => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob', ['news']);
    expect(send(hub, 'alice', 'news', 'now', { retainMs: MINUTE_MS }).delivered).toBe(1);
    expect(bodies(bob)).toEqual(['now']);
  });

  it('is ended by the next message', () => {
    const { hub, store } = buildHouse();
    send(hub, 'alice', 'news', 'old', { retainMs: MINUTE_MS });
    send(hub, 'alice', 'news', 'new');
    expect(bodies(join(hub, 'bob', ['news']))).toEqual([]);
    expect(store.retained.size).toBe(0);
  });

  it('is replaced by the next retained one', () => {
    const { hub, store } = buildHouse();
    send(hub, 'alice', 'news', 'old', { retainMs: MINUTE_MS });
    send(hub, 'alice', 'news', 'new', { retainMs: MINUTE_MS });
    expect(bodies(join(hub, 'bob', ['news']))).toEqual(['new']);
    expect(store.retained.get('news')?.message.body).toBe('new');
  });

  it('ends when its time is over, on disk as well', () => {
    const { hub, clock, store } = buildHouse();
    send(hub, 'alice', 'news', 'old', { retainMs: MINUTE_MS });
    expect(store.retained.get('news')?.expiresMs).toBe(clock.monotonicMs() + MINUTE_MS);
    clock.advance(MINUTE_MS);
    expect(hub.retained('news')).toBeUndefined();
    expect(store.retained.size).toBe(0);
  });

  it('is over for a subscriber that comes before anyone cleaned up', () => {
    const { hub, clock } = buildHouse();
    send(hub, 'alice', 'news', 'old', { retainMs: 1500 });
    clock.advance(1600);
    expect(bodies(join(hub, 'bob', ['news']))).toEqual([]);
  });

  it.each([1, -1, 8760])('stays for its time where the wall clock steps by %d hours', (hours) => {
    const { hub, clock } = buildHouse();
    send(hub, 'alice', 'news', 'old', { retainMs: MINUTE_MS });
    clock.jumpTo(clock.now() + hours * 3_600_000);
    clock.advance(MINUTE_MS - 1);
    expect(bodies(join(hub, 'bob', ['news']))).toEqual(['old']);
    clock.advance(1);
    expect(hub.retained('news')).toBeUndefined();
  });

  it('survives a restart with what is left of its time', () => {
    const { hub, clock, store } = buildHouse();
    send(hub, 'alice', 'news', 'old', { retainMs: MINUTE_MS });
    send(hub, 'alice', 'brief', 'old', { retainMs: 10 });
    const later = buildHouse();
    later.clock.advance(clock.monotonicMs() + 1000);
    for (const [channel, record] of store.retained) later.store.putRetained(channel, record);
    later.hub.restore({ clients: [], retained: [...store.retained], scheduled: [] });
    expect(bodies(join(later.hub, 'bob', ['news', 'brief']))).toEqual(['old']);
    expect([...later.store.retained.keys()]).toEqual(['news']);
    later.clock.advance(MINUTE_MS);
    expect(later.hub.retained('news')).toBeUndefined();
  });

  it('reaches a subscriber to a pattern', () => {
    const { hub } = buildHouse();
    send(hub, 'alice', 'home/door', 'open', { retainMs: MINUTE_MS });
    send(hub, 'alice', 'garden/door', 'shut', { retainMs: MINUTE_MS });
    expect(bodies(join(hub, 'bob', ['home/#']))).toEqual(['open']);
  });

  it('is not what a direct message to an online client is', () => {
    const { hub, store } = buildHouse();
    join(hub, 'bob');
    send(hub, 'alice', 'bob', 'hi', { retainMs: MINUTE_MS });
    expect(store.retained.size).toBe(0);
  });

  it('shares no memory with the bytes that came in', () => {
    const { hub } = buildHouse();
    const chunk = new Uint8Array([0, 1, 2, 3]);
    hub.send(new Message({ from: 'alice', to: 'news', kind: 'bytes', body: chunk.subarray(1, 3), timestampMs: 1 }), {
      retainMs: MINUTE_MS,
    });
    chunk.fill(9);
    expect(hub.retained('news')?.body).toEqual(Uint8Array.of(1, 2));
  });
});

describe('a retained message of a private channel', () => {
  it('is for who knows the password', () => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob', ['lab:secret']);
    send(hub, 'alice', 'lab:secret', 'psst', { retainMs: MINUTE_MS });
    expect(bodies(join(hub, 'carol', ['lab:secret']))).toEqual(['psst']);
    expect(bodies(join(hub, 'eve', ['#', '+']))).toEqual([]);
    hub.leave(bob, 'closed');
    hub.leave(hub.session('carol') as typeof bob, 'closed');
    expect(bodies(join(hub, 'mallory', ['lab:guess']))).toEqual([]);
    hub.leave(hub.session('mallory') as typeof bob, 'closed');
    expect(bodies(join(hub, 'dave', ['lab:secret']))).toEqual(['psst']);
  });

  it('is ended by the next message to it, and by no other', () => {
    const { hub, store } = buildHouse();
    join(hub, 'bob', ['lab:secret']);
    send(hub, 'alice', 'lab:secret', 'psst', { retainMs: MINUTE_MS });
    send(hub, 'alice', 'lab', 'no');
    expect(store.retained.size).toBe(1);
    send(hub, 'alice', 'lab:secret', 'yes');
    expect(store.retained.size).toBe(0);
  });

  it('waits for the first subscriber', () => {
    const { hub } = buildHouse();
    send(hub, 'alice', 'lab:secret', 'psst', { retainMs: MINUTE_MS });
    expect(bodies(join(hub, 'bob', ['lab:secret']))).toEqual(['psst']);
    send(hub, 'alice', 'lab:secret', 'news', { retainMs: MINUTE_MS });
    expect(bodies(join(hub, 'carol', ['lab:secret']))).toEqual(['news']);
  });
});
