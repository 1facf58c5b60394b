import { FakeEgress, textTo } from '@crosscomm/testing/fake-egress';
import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse, type TestHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';

/** A hub between two others. */
function build(): TestHouse & { mqtt: FakeEgress; peer: FakeEgress; detachPeer: () => void } {
  const house = buildHouse();
  const [mqtt, peer] = [new FakeEgress('mqtt'), new FakeEgress('peer')];
  house.hub.attach(mqtt);
  return { ...house, mqtt, peer, detachPeer: house.hub.attach(peer) };
}

describe('two other matchers', () => {
  it('both get what is sent to a channel, and all recipients count', () => {
    const { hub, mqtt, peer } = build();
    mqtt.members.news = ['m1'];
    peer.members.news = ['p1', 'p2'];
    join(hub, 'bob', ['news']);
    expect(send(hub, 'alice', 'news', 'hi').delivered).toBe(4);
    expect([mqtt.published, peer.published]).toEqual([[['news', 'hi', undefined]], [['news', 'hi', undefined]]]);
    expect(hub.members('news')).toEqual(['bob', 'm1', 'p1', 'p2']);
  });

  it.each([
    ['mqtt', 'peer'],
    ['peer', 'mqtt'],
  ] as const)('get what comes in from the other, and never their own: from %s to %s', (from, to) => {
    const house = build();
    const { hub } = house;
    house[to].members.news = ['x'];
    const bob = join(hub, 'bob', ['news']);
    expect(hub.offer('news', { ingress: house[from] }, textTo, 'news')?.delivered).toBe(2);
    expect([house[from].published, house[to].published]).toEqual([[], [['news', 'hi', undefined]]]);
    expect(bodies(bob)).toEqual(['hi']);
  });

  it('get what comes in from the other where somebody there wants it, also where nobody here does', () => {
    const { hub, mqtt, peer, detachPeer } = build();
    expect(hub.offer('news', { ingress: mqtt }, textTo, 'news')).toBeUndefined();
    peer.members.news = ['x'];
    expect(hub.offer('news', { ingress: mqtt }, textTo, 'news')).toMatchObject({ delivered: 1 });
    expect(peer.published).toEqual([['news', 'hi', undefined]]);
    detachPeer();
    expect(hub.offer('news', { ingress: mqtt }, textTo, 'news')).toBeUndefined();
    expect(peer.published).toHaveLength(1);
  });

  it('are told which channels and filters have subscribers anywhere but with them', () => {
    const { hub, mqtt, peer } = build();
    mqtt.members.m = ['m1'];
    peer.members.p = ['p1'];
    join(hub, 'bob', ['news', 'den:secret', 'lamps/+']);
    const told: string[] = [];
    const undo = hub.watchFilters(
      { began: (name) => told.push(`+${name}`), ended: (name) => told.push(`-${name}`) },
      peer,
    );
    expect(told).toEqual(['+news', '+lamps/+', '+m']);
    const eve = join(hub, 'eve', ['news', 'm', 'key:secret', 'weather']);
    hub.leave(eve, 'left');
    expect(told.splice(3)).toEqual(['+weather', '-weather']);
    undo();
    join(hub, 'ann', ['late']);
    expect(told).toHaveLength(3);
  });

  it('serve their own clients themselves, and no others', () => {
    const { hub, mqtt, peer } = build();
    const [led, lamp] = [join(hub, 'led', [], 'mqtt'), join(hub, 'lamp', [], 'peer')];
    send(hub, 'm', 'led', 'one', { ingress: mqtt });
    send(hub, 'm', 'lamp', 'two', { ingress: mqtt });
    send(hub, 'p', 'led', 'three', { ingress: peer });
    expect([bodies(led), bodies(lamp)]).toEqual([['three'], ['two']]);
  });

  it('both keep what the hub retains, and end it with the hub', () => {
    const { hub, mqtt, peer, clock } = build();
    send(hub, 'alice', 'a', 'old', { retainMs: 5000 });
    send(hub, 'alice', 'b', '{"x":1}', { keep: true });
    send(hub, 'alice', 'c', 'old', { retainMs: 5000 });
    send(hub, 'alice', 'a', 'new');
    clock.advance(6000);
    for (const egress of [mqtt, peer]) {
      expect(egress.published.map(([to, , retainMs]) => [to, retainMs])).toEqual([
        ['a', 5000],
        ['b', undefined],
        ['c', 5000],
        ['a', undefined],
      ]);
      expect([egress.held, egress.cleared]).toEqual([[['b', '{"x":1}']], ['a', 'c']]);
    }
  });

  it('are shown what the other retains, until that takes it away', () => {
    const { hub, mqtt, peer } = build();
    mqtt.retain(hub, 'a', textTo('a', 'on'));
    expect([mqtt.held, peer.held]).toEqual([[], [['a', 'on']]]);
    mqtt.retain(hub, 'a');
    expect([mqtt.cleared, peer.cleared]).toEqual([[], ['a']]);
  });

  it('are not shown what the other retains where there is no room for it', () => {
    const { hub } = buildHouse({ maxRetained: 0 });
    const [mqtt, peer] = [new FakeEgress('mqtt'), new FakeEgress('peer')];
    hub.attach(mqtt);
    hub.attach(peer);
    mqtt.retain(hub, 'a', textTo('a', 'on'));
    expect(peer.held).toEqual([]);
  });

  it('end together what the hub retained when a message from one ends it', () => {
    const { hub, mqtt, peer } = build();
    send(hub, 'alice', 'a', 'old', { retainMs: 5000 });
    hub.offer('a', { ingress: mqtt }, textTo, 'a');
    expect([mqtt.cleared, peer.cleared, hub.retained('a')]).toEqual([['a'], ['a'], undefined]);
  });

  it('each may keep what is for a client that is away', () => {
    const { hub, peer } = build();
    hub.leave(join(hub, 'bob'), 'closed');
    expect(hub.misses(textTo('bob'))).toBe(true);
    peer.kept.add('bob');
    expect(hub.misses(textTo('bob'))).toBe(false);
  });

  it('may go while a message is handed to them', () => {
    const { hub } = buildHouse();
    const [first, last] = [new FakeEgress(), new FakeEgress()];
    const detach = hub.attach({
      publish: () => {
        detach();
        return 1;
      },
      hold: () => {},
      retained: () => undefined,
      clearRetained: () => {},
      reach: () => 0,
      watchFilters: () => () => {},
      forget: () => {},
      channels: () => [],
      subscriptions: () => [],
      subscribers: () => [],
      hasSubscribers: () => false,
      keepsFor: () => false,
      serves: () => false,
    });
    hub.attach(first);
    hub.attach(last);
    expect(send(hub, 'alice', 'news', 'a').delivered).toBe(1);
    expect(send(hub, 'alice', 'news', 'b').delivered).toBe(0);
    expect(first.published).toHaveLength(2);
    expect(last.published).toHaveLength(2);
  });
});
