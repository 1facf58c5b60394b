import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse, type TestHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import type { SendOptions } from '../../src/hub/hub.ts';
import type { Receipt } from '../../src/hub/receipt.ts';

const MINUTE_MS = 60_000;
const RETAINED = { retainMs: MINUTE_MS } as const;

/** Sends messages to channels of their own, until one is refused; how many were taken. */
function fill(house: TestHouse, from: string, body: string, options: () => SendOptions): number {
  for (let count = 0; count < 1000; count++) {
    if (send(house.hub, from, `${from}/${count}`, body, options()).reason === 'store_full') return count;
  }
  throw new Error('there is room without end');
}

describe('the room for retained messages', () => {
  it('is refused to a message that does not fit, which nobody gets, and what is there stays', () => {
    const { hub, store } = buildHouse({ maxRetained: 1 });
    send(hub, 'alice', 'a', 'old', RETAINED);
    const bob = join(hub, 'bob', ['b']);
    expect(send(hub, 'alice', 'b', 'new', RETAINED)).toEqual({ delivered: 0, refused: 0, reason: 'store_full' });
    expect(bodies(bob)).toEqual([]);
    expect([...store.retained.keys()]).toEqual(['a']);
    send(hub, 'alice', 'a', 'again', RETAINED);
    expect(hub.retained('a')?.body).toBe('again');
    expect(hub.counters.refusals.store_full).toBe(1);
  });

  it('is shared: one client has a quarter of the number, and others have the rest', () => {
    const house = buildHouse({ maxRetained: 40 });
    expect([fill(house, 'alice', 'x', () => RETAINED), fill(house, 'bob', 'x', () => RETAINED)]).toEqual([10, 10]);
  });

  it('is shared by address too, whatever clients come from it', () => {
    const house = buildHouse({ maxRetained: 40 });
    const options = { ...RETAINED, address: '10.0.0.9' };
    const taken = ['a', 'b', 'c'].map((client) => fill(house, client, 'x', () => options));
    expect(taken).toEqual([10, 10, 0]);
    expect(send(house.hub, 'd', 'd', 'x', { ...RETAINED, address: '10.0.0.7' }).reason).toBe('no_recipient');
  });

  it('is counted in bytes, with the copy for MQTT, and two for each character where one is beyond Latin 1', () => {
    const taken = ['x'.repeat(10_000), `${'x'.repeat(9999)}\u20ac`].map((body) =>
      fill(buildHouse({ maxRetainedBytes: 2 ** 20 }), 'alice', body, () => RETAINED),
    );
    expect(taken).toEqual([12, 8]);
  });

  it('is counted with the names of channels', () => {
    const { hub } = buildHouse({ maxRetainedBytes: 2 ** 13 });
    expect(send(hub, 'alice', 'c'.repeat(2 ** 10), 'x', RETAINED).reason).toBe('store_full');
  });

  it('is refused to a private channel as well, which keeps what it has', () => {
    const { hub } = buildHouse({ maxRetained: 1 });
    const bob = join(hub, 'bob', ['secret:pw']);
    send(hub, 'alice', 'a', 'old', RETAINED);
    expect(send(hub, 'alice', 'secret:pw', 'x', RETAINED).reason).toBe('store_full');
    expect(bodies(bob)).toEqual([]);
  });

  it('is there again when a message is over', () => {
    const { hub, clock } = buildHouse({ maxRetained: 1 });
    send(hub, 'alice', 'a', 'old', RETAINED);
    clock.advance(MINUTE_MS);
    expect(send(hub, 'bob', 'b', 'new', RETAINED).reason).toBe('no_recipient');
  });

  it('is as full after a restart as before, for clients and addresses', () => {
    const before = buildHouse({ maxRetained: 40 });
    const options = { ...RETAINED, address: '10.0.0.9' };
    for (const client of ['a', 'b']) fill(before, client, 'x', () => options);
    const after = buildHouse({ maxRetained: 40 });
    after.hub.restore({ clients: [], retained: before.store.retained, scheduled: [] });
    const refused = (from: string, address?: string): boolean =>
      send(after.hub, from, 'new', 'x', { ...RETAINED, address }).reason === 'store_full';
    expect([refused('a'), refused('c', '10.0.0.9'), refused('c', '10.0.0.7')]).toEqual([true, true, false]);
    expect(after.hub.retainedBudget.bytes).toBeGreaterThan(20 * 1024);
  });

  it('is not needed by what stays with a message that was delivered', () => {
    const { hub } = buildHouse();
    send(hub, 'alice', 'a', 'x', RETAINED);
    expect(hub.retained('a')).not.toBe(hub.retained('a'));
  });
});

describe('the room for scheduled messages', () => {
  const later = ({ clock }: TestHouse) => ({ dueMs: clock.now() + 1000 });

  it('is refused to a message that does not fit, and is there again when one was sent', () => {
    const house = buildHouse({ maxScheduled: 1 });
    const { hub, clock } = house;
    const refused: Receipt = { delivered: 0, refused: 0, reason: 'store_full' };
    send(hub, 'alice', 'news', 'first', later(house));
    expect(send(hub, 'alice', 'news', 'second', later(house))).toEqual(refused);
    clock.advance(1000);
    expect(send(hub, 'alice', 'news', 'third', later(house)).reason).toBeUndefined();
  });

  it('is shared by clients and addresses, in number and bytes', () => {
    const few = buildHouse({ maxScheduled: 40 });
    const ten = (client: string) => fill(few, client, 'x', () => ({ ...later(few), address: '10.0.0.9' }));
    expect(['a', 'b', 'c'].map(ten)).toEqual([10, 10, 0]);
    const small = buildHouse({ maxScheduledBytes: 2 ** 16 });
    expect(fill(small, 'alice', 'x'.repeat(1000), () => later(small))).toBe(8);
  });

  it('is as full after a restart as before', () => {
    const before = buildHouse({ maxScheduled: 40 });
    fill(before, 'alice', 'x', () => later(before));
    const after = buildHouse({ maxScheduled: 40 });
    after.hub.restore({ clients: [], retained: [], scheduled: before.store.scheduled.values() });
    expect(send(after.hub, 'alice', 'news', 'x', later(after)).reason).toBe('store_full');
    expect(send(after.hub, 'bob', 'news', 'x', later(after)).reason).toBeUndefined();
  });

  it('holds what was accepted: it is delivered at its time, though there is no room then to retain it, and that is told', () => {
    const house = buildHouse({ maxRetained: 1 });
    const { hub, clock } = house;
    const unkept: string[][] = [];
    hub.events.on('unkept', (...told) => unkept.push(told));
    const bob = join(hub, 'bob', ['news']);
    send(hub, 'alice', 'news', 'later', { ...later(house), ...RETAINED });
    send(hub, 'carol', 'full', 'x', RETAINED);
    clock.advance(1000);
    expect(bodies(bob)).toEqual(['later']);
    expect(unkept).toEqual([['news', 'alice']]);
  });
});
