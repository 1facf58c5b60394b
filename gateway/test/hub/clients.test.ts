import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import type { ClientInfo } from '../../src/hub/client.ts';
import { compileFunctions } from '../../src/hub/functional/compile.ts';
import type { Hub } from '../../src/hub/hub.ts';

function known(id: string, extra: Partial<ClientInfo> = {}): ClientInfo {
  return { id, protocol: 'oocsi', online: false, lastSeenMs: 0, joinedMs: 0, subscriptions: [], ...extra };
}

function restore(hub: Hub, ...clients: ClientInfo[]): void {
  hub.restore({ clients, retained: [], scheduled: [] });
}

const ids = (hub: Hub): string[] => hub.clients().map((client) => client.id);

describe('a client', () => {
  it('is online from its joining until it leaves, and known after that', () => {
    const { hub, clock } = buildHouse();
    const seen: string[] = [];
    hub.events.on('join', (id, protocol) => seen.push(`join ${id} ${protocol}`));
    hub.events.on('leave', (id, protocol, reason) => seen.push(`leave ${id} ${protocol} ${reason}`));
    const bob = join(hub, 'bob', ['news']);
    const joinedMs = clock.now();
    expect(hub.client('bob')).toEqual(
      known('bob', { online: true, lastSeenMs: joinedMs, joinedMs, subscriptions: ['news'] }),
    );
    clock.advance(5000);
    hub.leave(bob, 'timeout');
    expect(hub.client('bob')).toMatchObject({ online: false, lastSeenMs: joinedMs + 5000, joinedMs });
    expect(seen).toEqual(['join bob oocsi', 'leave bob oocsi timeout']);
    expect(hub.onlineCount).toBe(0);
  });

  it('is last seen when it was last heard of', () => {
    const { hub, clock } = buildHouse();
    join(hub, 'bob');
    clock.advance(700);
    hub.touch('bob');
    hub.touch('nobody');
    expect(hub.client('bob')?.lastSeenMs).toBe(clock.now());
    expect(hub.client('nobody')).toBeUndefined();
  });

  it('leaves once, however often its session says so', () => {
    const { hub } = buildHouse();
    let left = 0;
    hub.events.on('leave', () => left++);
    const bob = join(hub, 'bob');
    hub.leave(bob, 'closed');
    hub.leave(bob, 'error');
    expect(left).toBe(1);
  });

  it.each(['', 'all', 'server'])('cannot be called %j', (id) => {
    const { hub } = buildHouse();
    expect(hub.join(new MemorySession(id))).toEqual({ outcome: 'reserved' });
  });

  it('cannot have the name of a built-in client, which the gateway itself can', () => {
    const { hub } = buildHouse();
    hub.reserve('echo');
    expect(hub.isReserved('echo')).toBe(true);
    expect(hub.join(new MemorySession('echo'))).toEqual({ outcome: 'reserved' });
    expect(hub.join(new MemorySession('echo', 'gateway'))).toEqual({ outcome: 'joined' });
    expect(hub.clients()).toEqual([]);
  });

  it.each(['__proto__', 'constructor', '\ud83d\ude00', ' '])('may be called %j', (id) => {
    const { hub } = buildHouse();
    const session = join(hub, id, ['__proto__']);
    expect(send(hub, 'alice', id, 'hi').delivered).toBe(1);
    expect(send(hub, 'alice', '__proto__', 'hi').delivered).toBe(1);
    expect(bodies(session)).toEqual(['hi', 'hi']);
  });
});

describe('an id that somebody has', () => {
  it('is refused, and the answer says over which protocol it is taken', () => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob', [], 'serial');
    expect(hub.join(new MemorySession('bob'))).toEqual({ outcome: 'taken', by: 'serial' });
    expect(hub.join(new MemorySession('bob'), { takeover: true })).toEqual({ outcome: 'taken', by: 'serial' });
    expect(hub.session('bob')).toBe(bob);
  });

  it('is taken over on the same protocol, subscriptions included, without anyone seeing it leave', () => {
    const { hub } = buildHouse();
    const seen: string[] = [];
    const older = join(hub, 'bob', ['news']);
    hub.events.on('join', () => seen.push('join'));
    hub.events.on('leave', () => seen.push('leave'));
    const newer = new MemorySession('bob');
    expect(hub.join(newer, { takeover: true })).toEqual({ outcome: 'joined' });
    expect(older.closedFor).toBe('replaced');
    hub.leave(older, 'closed');
    expect(hub.session('bob')).toBe(newer);
    send(hub, 'alice', 'news', 'hi');
    expect([older, newer].map(bodies)).toEqual([[], ['hi']]);
    expect(seen).toEqual([]);
    expect(hub.onlineCount).toBe(1);
  });
});

describe('a client that comes back', () => {
  it('has its subscriptions again, without the retained messages again', () => {
    const { hub, clock } = buildHouse({ stickyMs: 60_000 });
    send(hub, 'alice', 'news', 'old', { retainMs: 600_000 });
    hub.leave(join(hub, 'bob', ['news']), 'timeout');
    expect(hub.channels()).toEqual([]);
    clock.advance(60_000);
    const bob = join(hub, 'bob');
    expect(bodies(bob)).toEqual([]);
    send(hub, 'alice', 'news', 'hi');
    expect(bodies(bob)).toEqual(['hi']);
  });

  it('is not let into private channels without their passwords, however it came to the name', () => {
    const { hub } = buildHouse({ compile: compileFunctions });
    const before = join(hub, 'bob', ['news', 'lab:secret', 'shop:key[filter(x>1)]']);
    expect(hub.client('bob')?.subscriptions).toEqual(['news']);
    const replacing = new MemorySession('bob');
    hub.join(replacing, { takeover: true });
    hub.leave(replacing, 'timeout');
    const back = join(hub, 'bob');
    send(hub, 'alice', 'lab:secret', 'psst');
    send(hub, 'alice', 'news', 'hi');
    expect([before, replacing, back].map(bodies)).toEqual([[], [], ['hi']]);
    expect(hub.subscribe(back, 'lab:secret')).toBe('subscribed');
    send(hub, 'alice', 'lab:secret', 'welcome');
    expect(bodies(back)).toEqual(['welcome']);
  });

  it('is not let into private channels that an older gateway wrote down, and the list is written again', () => {
    const { hub, clock } = buildHouse();
    let changes = 0;
    hub.events.on('known', () => changes++);
    restore(hub, known('bob', { lastSeenMs: clock.now(), subscriptions: ['news', 'lab:secret'] }));
    expect(changes).toBe(1);
    expect(hub.clients().map(({ subscriptions }) => subscriptions)).toEqual([['news']]);
    const bob = join(hub, 'bob');
    send(hub, 'alice', 'lab:secret', 'psst');
    expect(bodies(bob)).toEqual([]);
  });

  it('begins anew when it stayed away too long', () => {
    const { hub, clock } = buildHouse({ stickyMs: 60_000 });
    hub.leave(join(hub, 'bob', ['news']), 'timeout');
    clock.advance(60_001);
    join(hub, 'bob');
    expect(hub.client('bob')?.subscriptions).toEqual([]);
  });

  it('begins anew when it had said goodbye', () => {
    const { hub } = buildHouse();
    hub.leave(join(hub, 'bob', ['news']), 'left');
    join(hub, 'bob');
    expect(hub.client('bob')?.subscriptions).toEqual([]);
  });

  it('begins anew when it comes by another protocol', () => {
    const { hub } = buildHouse();
    hub.leave(join(hub, 'bob', ['news']), 'timeout');
    join(hub, 'bob', [], 'serial');
    expect(hub.client('bob')).toMatchObject({ protocol: 'serial', subscriptions: [] });
  });

  it('hears what is retained when it asks again, and gets what it asks for now instead of what waited', () => {
    const { hub } = buildHouse({ stickyMs: 60_000, compile: compileFunctions });
    const before = new MemorySession('esp');
    hub.join(before);
    hub.subscribe(before, 'shelf');
    hub.subscribe(before, 'temperature[filter(celsius > 20)]');
    send(hub, 'alice', 'shelf', 'kept', { retainMs: 60_000 });
    hub.leave(before, 'closed');
    const after = new MemorySession('esp');
    hub.join(after);
    expect(hub.subscribe(after, 'shelf')).toBe('subscribed');
    expect(after.received.map(({ body }) => body)).toEqual(['kept']);
    expect(hub.subscribe(after, 'shelf')).toBe('already');
    expect(hub.subscribe(after, 'temperature')).toBe('subscribed');
    send(hub, 'alice', 'temperature', 'any');
    expect(after.received.map(({ to }) => to)).toEqual(['shelf', 'temperature']);
  });

  it('hears it once where it ends what it was given back and asks for it anew', () => {
    const { hub } = buildHouse({ stickyMs: 60_000 });
    hub.leave(join(hub, 'esp', ['shelf']), 'closed');
    send(hub, 'alice', 'shelf', 'kept', { retainMs: 60_000 });
    const after = join(hub, 'esp');
    hub.unsubscribe(after, 'shelf');
    expect([hub.subscribe(after, 'shelf'), hub.subscribe(after, 'shelf')]).toEqual(['subscribed', 'already']);
    expect(bodies(after)).toEqual(['kept']);
  });

  it.each([1, -1, 8760])('has them for the same time where the wall clock steps by %d hours', (hours) => {
    const { hub, clock } = buildHouse({ stickyMs: 60_000 });
    hub.leave(join(hub, 'bob', ['news']), 'closed');
    hub.leave(join(hub, 'carol', ['news']), 'closed');
    clock.jumpTo(clock.now() + hours * 3_600_000);
    clock.advance(60_000);
    join(hub, 'bob');
    clock.advance(1);
    join(hub, 'carol');
    expect(hub.client('bob')?.subscriptions).toEqual(['news']);
    expect(hub.client('carol')?.subscriptions).toEqual([]);
  });

  it('has what was left of that time after a restart, though the wall clock stepped before it', () => {
    const { hub, clock } = buildHouse({ stickyMs: 60_000 });
    clock.advance(5000);
    hub.leave(join(hub, 'bob', ['news']), 'closed');
    clock.jumpTo(clock.now() + 3_600_000);
    clock.advance(10_000);
    hub.leave(join(hub, 'carol', ['news']), 'closed');
    const next = buildHouse({ stickyMs: 60_000 });
    next.clock.advance(clock.monotonicMs());
    restore(next.hub, ...hub.clients());
    next.clock.advance(50_001);
    join(next.hub, 'bob');
    join(next.hub, 'carol');
    expect(next.hub.client('bob')?.subscriptions).toEqual([]);
    expect(next.hub.client('carol')?.subscriptions).toEqual(['news']);
  });

  it('has its subscriptions again after a restart, however long the gateway was off', () => {
    const { hub, clock } = buildHouse({ stickyMs: 60_000 });
    const endMs = clock.now() - 86_400_000;
    restore(
      hub,
      known('bob', { lastSeenMs: endMs, subscriptions: ['news', 'lab'] }),
      known('carol', { lastSeenMs: endMs - 60_001, subscriptions: ['news'] }),
    );
    join(hub, 'bob');
    join(hub, 'carol');
    expect(hub.client('bob')?.subscriptions).toEqual(['news', 'lab']);
    expect(hub.client('carol')?.subscriptions).toEqual([]);
  });
});

describe('the list of known clients', () => {
  it('is in the order of joining, and says when it should be saved', () => {
    const { hub } = buildHouse();
    let changes = 0;
    hub.events.on('known', () => changes++);
    const [a] = [join(hub, 'a'), join(hub, 'b')];
    hub.leave(a, 'closed');
    join(hub, 'a');
    expect(ids(hub)).toEqual(['b', 'a']);
    expect(changes).toBe(4);
  });

  it('forgets the offline clients that joined longest ago, and never one that is online', () => {
    const { hub } = buildHouse({ maxKnownClients: 2 });
    join(hub, 'stays');
    for (let n = 0; n < 10; n++) hub.leave(join(hub, `visitor-${n}`), 'closed');
    expect(ids(hub)).toEqual(['stays', 'visitor-8', 'visitor-9']);
  });

  it('is what an earlier run left, offline, up to the maximum', () => {
    const { hub } = buildHouse({ maxKnownClients: 2 });
    restore(hub, known('a'), known('b', { online: true, lastSeenMs: 5, joinedMs: 4 }), known('c'));
    expect(ids(hub)).toEqual(['b', 'c']);
    expect(hub.client('b')).toEqual(known('b', { lastSeenMs: 5, joinedMs: 4, leftMs: 0 }));
    expect(hub.onlineCount).toBe(0);
  });

  it('loses a client that is to be forgotten and says so, but never one that is online', () => {
    const { hub } = buildHouse();
    const session = join(hub, 'a');
    hub.forget('a');
    expect(hub.client('a')?.online).toBe(true);
    hub.leave(session, 'left');
    let changes = 0;
    hub.events.on('known', () => changes++);
    hub.forget('a');
    expect([hub.client('a'), changes]).toEqual([undefined, 1]);
  });
});

it('asks every session to close when the gateway stops', () => {
  const { hub } = buildHouse();
  const [a, b] = [join(hub, 'a'), join(hub, 'b', [], 'mqtt')];
  hub.stop();
  expect([a.closedFor, b.closedFor]).toEqual(['shutdown', 'shutdown']);
});
