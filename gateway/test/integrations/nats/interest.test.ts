import { FakeClock } from '@crosscomm/testing/fake-clock';
import { expect, test } from 'vitest';
import type { FilterWatch } from '../../../src/hub/egress.ts';
import type { Bus } from '../../../src/integrations/nats/bus.ts';
import { Interest, MAX_FILTERS } from '../../../src/integrations/nats/interest.ts';
import { RemoteInterest } from '../../../src/integrations/nats/remote-interest.ts';

/** What links gateways in this process; what is said while `isUp` is false is lost. */
class Air {
  isUp = true;
  readonly takers: { subject: RegExp; take: (payload: Uint8Array, subject: string) => void; by: string }[] = [];
  said = 0;

  busOf(by: string): Bus {
    const air = this;
    return {
      get isUp() {
        return air.isUp;
      },
      maxPayload: 2 ** 20,
      request: async () => undefined,
      serve: () => () => {},
      publish: (subject, payload) => {
        if (!air.isUp) return false;
        air.said++;
        for (const each of [...air.takers])
          if (each.by !== by && each.subject.test(subject)) each.take(payload, subject);
        return true;
      },
      subscribe: (subject, take) => {
        const taker = { by, take, subject: new RegExp(`^${subject.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}$`) };
        air.takers.push(taker);
        return () => air.takers.splice(air.takers.indexOf(taker), 1);
      },
    };
  }
}

class Room {
  readonly remote = new RemoteInterest();
  readonly wanted = new Set<string>();
  readonly misread: string[] = [];
  readonly interest: Interest;
  watch!: FilterWatch;

  constructor(air: Air, clock: FakeClock, gateway: string, epoch = 'e1') {
    this.interest = new Interest({
      ...{ bus: air.busOf(gateway), clock, prefix: 'cc', gateway, epoch, remote: this.remote },
      watchFilters: (watch) => {
        this.watch = watch;
        return () => {};
      },
      wanted: (filter) => {
        this.wanted.add(filter);
        return () => this.wanted.delete(filter);
      },
      misread: (name) => this.misread.push(name),
    });
    this.interest.start();
    this.interest.linkUp();
  }
}

function build() {
  const air = new Air();
  const clock = new FakeClock();
  return { air, clock, a: new Room(air, clock, 'a'), b: new Room(air, clock, 'b') };
}

test('each knows what the other wants, a moment after it changed, and takes it from the servers', () => {
  const { clock, a, b } = build();
  for (const filter of ['lamps/+', 'lamps/1', 'news']) a.watch.began(filter);
  clock.advance(10);
  expect(['lamps/1', 'lamps/2', 'news', 'other'].map((channel) => b.remote.count(channel))).toEqual([1, 1, 1, 0]);
  expect([...a.wanted]).toEqual(['lamps/+', 'lamps/1', 'news']);
  a.watch.ended('lamps/+');
  a.watch.began('short');
  a.watch.ended('short');
  clock.advance(10);
  expect(['lamps/1', 'lamps/2'].map((channel) => b.remote.count(channel))).toEqual([1, 0]);
  expect([...a.wanted]).toEqual(['lamps/1', 'news']);
});

test('who comes later, and who missed something, asks', () => {
  const { air, clock, a, b } = build();
  a.watch.began('one');
  clock.advance(10);
  const c = new Room(air, clock, 'c');
  expect(c.remote.count('one')).toBe(1);
  air.isUp = false;
  a.watch.ended('one');
  a.watch.began('two');
  clock.advance(10);
  air.isUp = true;
  a.watch.began('three');
  clock.advance(10);
  for (const { remote } of [b, c]) expect(['one', 'two', 'three'].map((name) => remote.count(name))).toEqual([0, 1, 1]);
});

test('another run of a gateway, and one that is gone, want nothing of what was wanted before', () => {
  const { air, clock, a, b } = build();
  a.watch.began('old');
  clock.advance(10);
  const again = new Room(air, clock, 'a', 'e2');
  expect(b.remote.count('old')).toBe(0);
  again.watch.began('new');
  clock.advance(10);
  expect(b.remote.count('new')).toBe(1);
  b.interest.gone('a');
  expect([b.remote.count('new'), [...b.remote.channels()]]).toEqual([0, []]);
});

test('a gateway of very many filters wants all, and says it once', () => {
  const { air, clock, a, b } = build();
  for (let count = 0; count <= MAX_FILTERS; count++) a.watch.began(`channel-${count}`);
  clock.advance(10);
  expect(b.remote.count('anything')).toBe(1);
  const { said } = air;
  a.watch.began('one more');
  clock.advance(10);
  expect(air.said).toBe(said);
  for (let count = 0; count <= MAX_FILTERS; count++) a.watch.ended(`channel-${count}`);
  clock.advance(10);
  expect(['anything', 'one more'].map((channel) => b.remote.count(channel))).toEqual([0, 1]);
});

test('what is no interest is told of and changes nothing', () => {
  const { air, a, b } = build();
  const bus = air.busOf('x');
  for (const text of ['', '{', '[]', '{"version":2}', '{"version":1,"epoch":"e","number":1,"began":[1],"ended":[]}']) {
    bus.publish('cc.i.x', Buffer.from(text));
  }
  expect([a.misread.length, b.misread.length]).toEqual([5, 5]);
});

test('several messages go in one as long as each that wants something takes that, which earlier versions do not', () => {
  const { air, clock, a, b } = build();
  a.watch.began('one');
  clock.advance(10);
  expect(b.remote.takesBundles).toBe(true);
  const saying = { version: 1, epoch: 'e', number: 1, isWhole: true, began: ['one'], ended: [] };
  air.busOf('old').publish('cc.i.old', Buffer.from(JSON.stringify(saying)));
  expect([b.remote.count('one'), b.remote.takesBundles]).toEqual([2, false]);
  b.interest.gone('old');
  expect(b.remote.takesBundles).toBe(true);
});
