import { describe, expect, it } from 'vitest';
import { openStore, PLAIN, text } from './support.ts';

const FOREVER = Number.POSITIVE_INFINITY;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('a session', () => {
  it('ends its time after its client has gone, with everything that is its own, in one write', async () => {
    const test = await openStore();
    const { store, clock, index, db } = test;
    const ended: string[] = [];
    store.sessions.onEnd((id) => ended.push(id));
    const session = store.sessions.open('a', undefined, HOUR_MS);
    store.subscriptions.set({ id: 'a', filter: 'x/#', qos: 1, durable: true });
    for (const body of ['1', '2']) session.queue.add(text(body), PLAIN);
    session.received.add(7);
    clock.advance(2 * HOUR_MS);
    expect(store.sessions.get('a')).toBe(session);
    store.sessions.left('a', HOUR_MS);
    await store.committed();
    expect(db.keys()).toHaveLength(5);
    clock.advance(HOUR_MS - 1);
    expect(ended).toEqual([]);
    db.batches.length = 0;
    clock.advance(1);
    await store.committed();
    expect([ended, db.keys(), db.batches.length]).toEqual([['a'], [], 1]);
    expect([index.isDurable('a'), store.sessions.get('a')]).toEqual([false, undefined]);
    // What a connection still says that does not know it yet is lost.
    expect(session.queue.add(text('3'), PLAIN)).toBeUndefined();
    session.received.add(8);
    await store.committed();
    expect(db.keys()).toEqual([]);
  });

  it('does not end while its client is back, and at once where its client asks for no time', async () => {
    const { store, clock } = await openStore();
    store.sessions.open('a', undefined, HOUR_MS);
    store.sessions.left('a', HOUR_MS);
    clock.advance(HOUR_MS / 2);
    const back = store.sessions.open('a', undefined, HOUR_MS);
    clock.advance(DAY_MS);
    expect(store.sessions.get('a')).toBe(back);
    store.sessions.left('a', 0);
    expect(store.sessions.get('a')).toBeUndefined();
  });

  it.each([HOUR_MS, 30 * DAY_MS])(
    'of %i ms goes on ageing over a restart, from when its client left',
    async (lastsMs) => {
      const test = await openStore();
      test.store.sessions.open('away', undefined, lastsMs);
      test.store.sessions.open('here', undefined, lastsMs);
      test.store.sessions.left('away', lastsMs);
      test.clock.advance(lastsMs / 2);
      await test.store.committed();
      const { store, clock } = await test.again();
      clock.advance(lastsMs / 2);
      expect(store.sessions.get('away')).toBeUndefined();
      // As long as nobody knows better, who was here when the power failed left then; a day more or less counts for less.
      expect(store.sessions.get('here')).toBeDefined();
      clock.advance(lastsMs / 2);
      expect(store.sessions.get('here')).toBeUndefined();
    },
  );

  it('lasts no longer than all may, also where that is less now', async () => {
    const test = await openStore();
    test.store.sessions.open('a', undefined, FOREVER);
    test.store.sessions.left('a', FOREVER);
    await test.store.committed();
    const { store, clock } = await test.again({ maxExpiryMs: DAY_MS });
    clock.advance(DAY_MS - 1);
    expect(store.sessions.get('a')).toBeDefined();
    clock.advance(1);
    expect(store.sessions.get('a')).toBeUndefined();
  });

  it('does not wear out the disk: a client that comes and goes is written down once a day, if it lasts for long', async () => {
    const { store, clock, db } = await openStore();
    for (let time = 0; time < 47; time++) {
      store.sessions.open('a', undefined, FOREVER);
      store.sessions.left('a', FOREVER);
      await store.committed();
      clock.advance(HOUR_MS);
    }
    expect(db.batches).toHaveLength(2);
  });

  it('is of one account, and ends with it, or where another’s client has its id', async () => {
    const test = await openStore();
    test.store.sessions.open('a', 'anna', FOREVER);
    test.store.sessions.open('b', 'bert', FOREVER);
    test.store.sessions.open('c', undefined, FOREVER);
    await test.store.committed();
    const { sessions } = (await test.again()).store;
    expect([...sessions.all()].map(({ account }) => account)).toEqual(['anna', 'bert', undefined]);
    sessions.claim('b', 'bert');
    sessions.claim('a', undefined);
    expect([...sessions.all()].map(({ id }) => id)).toEqual(['b', 'c']);
    sessions.endOf((account) => account === 'bert');
    expect([...sessions.all()].map(({ id }) => id)).toEqual(['c']);
  });

  it('keeps its subscriptions with all that MQTT 5 says of them, over a restart', async () => {
    const test = await openStore();
    test.store.sessions.open('a', undefined, FOREVER);
    const { subscriptions } = test.store;
    subscriptions.set({ id: 'a', filter: '$share/g/x:y/+', qos: 2, durable: true, identifier: 268_435_455 });
    subscriptions.set({ id: 'a', filter: 'b', qos: 0, durable: true, noLocal: true, retainAsPublished: true });
    subscriptions.set({ id: 'a', filter: 'gone', qos: 1, durable: true });
    subscriptions.delete('a', 'gone');
    subscriptions.set({ id: 'other', filter: 'b', qos: 1, durable: false });
    await test.store.committed();
    const batches = test.db.batches.length;
    subscriptions.set({ id: 'a', filter: 'b', qos: 0, durable: true, noLocal: true, retainAsPublished: true });
    await test.store.committed();
    expect(test.db.batches).toHaveLength(batches);
    const again = await test.again();
    const found = [...again.index.of('a').all()].map(
      ({ filter, qos, noLocal, retainAsPublished, identifiers, shared }) => ({
        ...{ filter, qos, noLocal, retainAsPublished, identifiers, shared },
      }),
    );
    const shared = '$share/g/x:y/+';
    expect(found).toEqual([
      { filter: shared, qos: 2, noLocal: false, retainAsPublished: false, identifiers: [268_435_455], shared },
      { filter: 'b', qos: 0, noLocal: true, retainAsPublished: true, identifiers: undefined, shared: undefined },
    ]);
    expect([...again.index.of('other').all()]).toEqual([]);
  });
});

describe('a last will', () => {
  it('is there after a kill, with its delay and expiry, until it is taken back', async () => {
    const test = await openStore();
    const message = text('gone', { topic: 'wills', qos: 2, retain: true, account: 'anna' });
    test.store.wills.set({ id: 'a', message, delayMs: 5000, expiryS: 0 });
    test.store.wills.set({ id: 'b', message, delayMs: 0, expiryS: undefined });
    await test.store.committed();
    const again = await test.again();
    expect([...again.store.wills.all()].map(({ id, delayMs, expiryS }) => [id, delayMs, expiryS])).toEqual([
      ['a', 5000, 0],
      ['b', 0, undefined],
    ]);
    expect(again.store.wills.get('a')?.message).toMatchObject({
      topic: 'wills',
      qos: 2,
      retain: true,
      account: 'anna',
    });
    again.store.wills.delete('a');
    await again.store.committed();
    expect([...(await again.again()).store.wills.all()].map(({ id }) => id)).toEqual(['b']);
  });
});
