import { FakeEgress } from '@crosscomm/testing/fake-egress';
import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse, type TestHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';

const KEEP = { keep: true };

/** What a client that comes now is shown of the channel. */
function shown(house: TestHouse, channel = 'room'): unknown[] {
  const session = join(house.hub, `late-${Math.floor(house.random() * 1e9)}`, [channel]);
  return bodies(session).map((body) => JSON.parse(String(body)));
}

/** Another run of the gateway with what this one has on disk. */
function restart({ store, clock }: TestHouse): TestHouse {
  const later = buildHouse();
  later.clock.advance(clock.monotonicMs());
  for (const [channel, record] of store.retained) later.store.putRetained(channel, structuredClone(record));
  later.hub.restore({ clients: [], retained: [...later.store.retained], scheduled: [] });
  return later;
}

describe('a value that is kept', () => {
  it('is shown to who subscribes later, and goes at once, alone, to who is there', () => {
    const house = buildHouse();
    send(house.hub, 'ann', 'room', '{"light":1}', KEEP);
    const ben = join(house.hub, 'ben', ['room']);
    send(house.hub, 'ann', 'room', '{"fan":true}', KEEP);
    expect(bodies(ben)).toEqual(['{"light":1}', '{"fan":true}']);
    expect(shown(house)).toEqual([{ light: 1, fan: true }]);
  });

  it('is the last that anybody sets, who need not know that it is kept', () => {
    const house = buildHouse();
    send(house.hub, 'ann', 'room', '{"light":1}', KEEP);
    send(house.hub, 'ben', 'room', '{"light":2.0,"temperature":21}');
    send(house.hub, 'ben', 'room', '{"temperature":22}');
    expect(house.hub.retained('room')).toMatchObject({ body: '{"light":2.0}', from: 'ben' });
  });

  it('outlives messages that say nothing of it, and the calls of a function', () => {
    const house = buildHouse();
    send(house.hub, 'ann', 'room', '{"light":1}', KEEP);
    send(house.hub, 'ben', 'room', 'a text');
    send(house.hub, 'ben', 'room', '{"_MESSAGE_HANDLE":"f","_MESSAGE_ID":"1","light":9}');
    expect(shown(house)).toEqual([{ light: 1 }]);
  });

  it('is there after a restart, with its literal', () => {
    const house = buildHouse();
    send(house.hub, 'ann', 'room', '{"light":1.0,"big":12345678901234567890}', KEEP);
    const later = restart(house);
    send(later.hub, 'ben', 'room', '{"other":1}');
    expect(later.hub.retained('room')?.body).toBe('{"light":1.0,"big":12345678901234567890}');
    send(later.hub, 'ben', 'room', '{"light":2}');
    expect(restart(later).hub.retained('room')?.body).toBe('{"light":2,"big":12345678901234567890}');
  });

  it('is forgotten by null, and no more kept until somebody says so again, also after a restart', () => {
    const first = buildHouse();
    send(first.hub, 'ann', 'room', '{"light":1,"fan":true}', KEEP);
    send(first.hub, 'ben', 'room', '{"light":null}');
    expect(shown(first)).toEqual([{ fan: true }]);
    const house = restart(first);
    send(house.hub, 'ben', 'room', '{"light":2,"fan":false}');
    expect(shown(house)).toEqual([{ fan: false }]);
    send(house.hub, 'ben', 'room', '{"fan":null}');
    expect([house.store.retained.size, house.hub.retainedBudget.count]).toEqual([0, 0]);
    send(house.hub, 'ben', 'room', '{"fan":true}');
    expect(shown(house)).toEqual([]);
    send(house.hub, 'ann', 'room', '{"light":3}', KEEP);
    send(house.hub, 'ben', 'room', '{"light":4,"fan":true}');
    expect(shown(house)).toEqual([{ light: 4 }]);
  });

  it('that is said to be null is none, and nothing is kept for it', () => {
    const house = buildHouse();
    send(house.hub, 'ann', 'room', '{"light":null}', KEEP);
    expect(house.hub.keepFields('lamp', 'room', [])).toEqual({ body: '{}' });
    expect([house.store.retained.size, house.hub.retainedBudget.count]).toEqual([0, 0]);
  });

  it('leaves a text that is retained alone where nobody is to keep it any more', () => {
    const house = buildHouse();
    send(house.hub, 'ann', 'room', 'off', { retainMs: 60_000 });
    house.hub.keepFields('lamp', 'room', ['light']);
    send(house.hub, 'ben', 'room', '{"light":null}');
    expect(house.hub.retained('room')?.body).toBe('off');
    send(house.hub, 'ben', 'room', '{"light":1}');
    expect(house.hub.retained('room')).toBeUndefined();
  });

  it('may be asked for before anybody has set it, across a restart', () => {
    const house = buildHouse();
    expect(house.hub.keepFields('lamp', 'room', ['light', '_MESSAGE_ID'])).toEqual({ body: '{}' });
    expect(shown(house)).toEqual([]);
    const later = restart(house);
    send(later.hub, 'ben', 'room', '{"light":5,"noise":1}');
    expect(later.hub.keepFields('lamp', 'room', ['light', 'fan'])).toEqual({ body: '{"light":5}' });
  });

  it('takes over what the channel retains as an object', () => {
    const house = buildHouse();
    send(house.hub, 'ann', 'room', '{"light":1,"fan":true}', { retainMs: 60_000 });
    expect(house.hub.keepFields('lamp', 'room', ['light'])).toEqual({ body: '{"light":1}' });
    send(house.hub, 'ann', 'room', '{"light":2}');
    house.clock.advance(120_000);
    expect(shown(house)).toEqual([{ light: 2, fan: true }]);
  });

  it('gets company by a message that is to be retained', () => {
    const house = buildHouse();
    send(house.hub, 'ann', 'room', '{"light":1}', KEEP);
    send(house.hub, 'ann', 'room', '{"fan":true}', { retainMs: 1000 });
    house.clock.advance(2000);
    expect(shown(house)).toEqual([{ light: 1, fan: true }]);
  });

  it('may be set later, by a message that waits for its time', () => {
    const house = buildHouse();
    send(house.hub, 'ann', 'room', '{"light":1}', { ...KEEP, delayMs: 1000 });
    expect(house.store.scheduled.values().next().value).toMatchObject({ keep: true });
    house.clock.advance(1000);
    expect(shown(house)).toEqual([{ light: 1 }]);
  });

  it('of a private channel is shown to who knows the password', () => {
    const house = buildHouse();
    join(house.hub, 'owner', ['safe:secret']);
    expect(house.hub.keepFields('lamp', 'safe:secret', ['light'])).toEqual({ body: '{}' });
    expect(house.hub.keepFields('lamp', 'safe', ['light'])).toBe('not_allowed');
    send(house.hub, 'ann', 'safe:secret', '{"light":1}');
    expect(shown(house, 'safe:secret')).toEqual([{ light: 1 }]);
    expect(shown(house, '#')).toEqual([]);
  });

  it('is not written again where it stays the same', () => {
    const house = buildHouse();
    send(house.hub, 'ann', 'room', '{"light":1}', KEEP);
    house.store.retained.clear();
    send(house.hub, 'ben', 'room', '{"light":1}');
    house.hub.keepFields('lamp', 'room', ['light']);
    expect(house.store.retained.size).toBe(0);
  });

  it('costs as much as it needs, and its room is free again when the channel is cleared', () => {
    const house = buildHouse();
    house.hub.keepFields('lamp', 'room', ['light']);
    expect(house.hub.retainedBudget.count).toBe(1);
    send(house.hub, 'ann', 'room', `{"light":"${'x'.repeat(500)}"}`);
    expect(house.hub.retainedBudget.bytes).toBeGreaterThan(2000);
    house.hub.mirrorRetained('room', undefined, new FakeEgress());
    expect([house.hub.retainedBudget.bytes, house.store.retained.size]).toEqual([0, 0]);
  });
});

describe('what there is no room to keep', () => {
  it('is refused where it is to be kept, and nobody gets it', () => {
    const house = buildHouse();
    const ben = join(house.hub, 'ben', ['room']);
    const receipt = send(house.hub, 'ann', 'room', `{"a":"${'x'.repeat(1000)}"}`, KEEP);
    expect([receipt.reason, bodies(ben)]).toEqual(['store_full', []]);
    expect(house.hub.keepFields('lamp', 'room', ['x'.repeat(1001)])).toBe('store_full');
  });

  it('is delivered where its sender did not ask for that; no older value stays in its place', () => {
    const house = buildHouse();
    const unkept: string[] = [];
    house.hub.events.on('unkept', (channel) => unkept.push(channel));
    send(house.hub, 'ann', 'room', '{"a":1,"b":2}', KEEP);
    expect(send(house.hub, 'ben', 'room', `{"a":"${'x'.repeat(1000)}"}`).reason).not.toBe('store_full');
    expect([shown(house), unkept]).toEqual([[{ b: 2 }], ['room']]);
  });

  it('is what others say where the gateway speaks', () => {
    const house = buildHouse();
    send(house.hub, 'ann', 'timechannel', '{"timestamp":1}', KEEP);
    expect(shown(house, 'timechannel')).toEqual([]);
  });

  it.each(['', 'a/+/b', 'a\nb', 'room[filter(light > 1)]', 'timechannel'])(
    'is what nobody can be named: %j',
    (name) => {
      expect(buildHouse().hub.keepFields('lamp', name, ['light'])).toBe('bad_name');
    },
  );
});
