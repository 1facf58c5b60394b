import { FakeClock } from '@crosscomm/testing/fake-clock';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TraceBook } from '../../../src/observability/trace/trace-book.ts';

const NOBODY = { session: () => undefined, client: () => undefined };
const MESSAGE = { from: 'knob', to: 'lamp', size: 2 };

let clock: FakeClock;
let book: TraceBook;
beforeEach(() => {
  clock = new FakeClock();
  book = new TraceBook({ hub: NOBODY, clock });
});

/** Sends so many messages to `to`, each of another client; they are noted as far as the book wants them. */
function send(count: number, { to = 'lamp', got = 1, from }: { to?: string; got?: number; from?: string } = {}): void {
  for (let sent = 0; sent < count; sent++) {
    const message = { ...MESSAGE, to, from: from ?? `knob-${sent}` };
    let isFollowed = false;
    if (book.room.left > 0) isFollowed = book.takeRoom(message.from);
    else book.room.leftOut++;
    if (isFollowed) book.open(message).end(got);
    else if (got === 0 && book.takeLostRoom()) book.open(message).end(0, 'no_recipient');
  }
}

const all = (about?: string) => book.find({ about, limit: 10_000 });

describe('the book of messages', () => {
  it('notes 500 messages a second, and says how many it left out', () => {
    send(600);
    expect(all().entries).toHaveLength(500);
    expect(all().leftOut).toBe(100);
    clock.advance(1000);
    send(3);
    expect(all().entries).toHaveLength(503);
    expect(all().leftOut).toBe(100);
  });

  it('notes 100 a second while there are more, which takes it further back, and all again when there are fewer', () => {
    send(600);
    for (let second = 0; second < 5; second++) {
      clock.advance(1000);
      send(600);
    }
    expect(all().entries).toHaveLength(500 + 5 * 100);
    clock.advance(1000);
    send(100);
    clock.advance(1000);
    send(400);
    expect(all().entries).toHaveLength(1500);
  });

  it('notes as many as ever after a pause', () => {
    send(600);
    clock.advance(60_000);
    send(500);
    expect(all().entries).toHaveLength(1000);
  });

  it('notes 100 more that reach nobody', () => {
    send(500, { to: 'busy' });
    send(300, { to: 'nobody', got: 0 });
    expect(all('nobody').entries).toHaveLength(100);
    expect(all('nobody').entries.every(({ isFailed }) => isFailed)).toBe(true);
  });

  it('has room for whoever sends little, however much others send', () => {
    send(100_000, { from: 'flood' });
    clock.advance(1000);
    send(3000, { from: 'flood' });
    send(1000, { from: 'flood too' });
    send(3, { from: 'quiet' });
    expect(all('quiet').entries).toHaveLength(3);
    expect([all('flood').entries.length, all('flood too').entries.length]).toEqual([300, 25]);
  });

  it('has no timer while no message comes', () => {
    const after = vi.spyOn(clock, 'after');
    clock.advance(5000);
    expect(after).not.toHaveBeenCalled();
    send(10);
    expect(after).toHaveBeenCalledTimes(1);
    clock.advance(5000);
    expect(after).toHaveBeenCalledTimes(1);
  });

  it('keeps those that failed for longer, and says since when it knows all others', () => {
    const startMs = clock.now();
    expect(all()).toMatchObject({ sinceMs: startMs, leftOut: 0, last: 0 });
    send(1, { to: 'nobody', got: 0 });
    for (let second = 0; second < 10; second++) {
      clock.advance(1000);
      send(second === 1 || second === 9 ? 520 : 500, { to: 'busy' });
    }
    const { entries, sinceMs, leftOut } = all();
    expect(entries).toHaveLength(3073);
    expect(entries[0]).toMatchObject({ to: 'nobody', seq: 1 });
    expect(sinceMs).toBeGreaterThan(startMs);
    // In the seconds that it knows still.
    expect(leftOut).toBe(20);
  });

  it('takes no more memory than it says, however long the names are', () => {
    for (let second = 0; second < 20; second++) {
      for (let sent = 0; book.takeRoom(`sender ${sent}`); sent++) {
        const entry = book.open({ from: 'x'.repeat(256), to: `${second}-${sent}-${'y'.repeat(1000)}` });
        for (let each = 0; each < 100; each++) entry.add('z'.repeat(256) + each, each % 2 ? 'delivered' : 'queue_full');
        entry.end(100);
      }
      clock.advance(1000);
    }
    expect(book.bytes).toBeLessThan(4.1 * 1024 * 1024);
    expect(all().entries.length).toBeGreaterThan(50);
  });

  it('finds by sender, recipient, channel and topic filter, after a number, and the newest', () => {
    book.open({ from: 'knob', to: 'kitchen/light' }).add('lamp', 'delivered');
    book.open({ from: 'desk', to: 'kitchen/fan' }).end(0);
    book.open({ from: 'desk', to: 'hall' }).end(0);
    clock.advance(5000);
    const found = (about: string | undefined, more = {}) =>
      book.find({ about, limit: 10, ...more }).entries.map(({ seq }) => seq);
    expect([found('knob'), found('lamp'), found('kitchen/fan'), found('kitchen/+'), found('nobody')]).toEqual([
      ...[[1], [1], [2], [1, 2], []],
    ]);
    expect([found(undefined, { after: 1 }), found(undefined, { limit: 1 })]).toEqual([[2, 3], [3]]);
  });

  it('tells a message that is still on its way when more is known, and none after it before', () => {
    const slow = book.open(MESSAGE);
    book.open(MESSAGE).end(1);
    expect(all()).toMatchObject({ entries: [], last: 0 });
    slow.end(1);
    expect(all()).toMatchObject({ entries: [{ seq: 1 }, { seq: 2 }], last: 2 });
    book.open(MESSAGE);
    clock.advance(2000);
    expect(all().entries).toHaveLength(3);
  });
});

describe('an entry', () => {
  it('names 16 who got it and 16 who did not, and counts all', () => {
    const entry = book.open(MESSAGE);
    for (let each = 0; each < 100; each++) entry.add(`fine-${each}`, 'delivered');
    for (let each = 0; each < 50; each++) entry.add(`slow-${each}`, 'queue_full');
    entry.end(150, 'queue_full');
    expect(entry.recipients).toHaveLength(32);
    expect(Object.fromEntries(entry.counts)).toEqual({ delivered: 100, queue_full: 50 });
    expect(entry).toMatchObject({ got: 100, isFailed: true });
  });

  it('has not failed where it is retained, and nobody was there', () => {
    const entry = book.open({ ...MESSAGE, isRetained: true });
    entry.end(0, 'no_recipient');
    expect(entry).toMatchObject({ got: 0, isFailed: false });
  });

  it('tells once of somebody who has two subscriptions', () => {
    const entry = book.open(MESSAGE);
    entry.add('ben', 'rule');
    entry.add('ben', 'rule');
    expect(entry.recipients).toEqual([{ id: 'ben', outcome: 'rule' }]);
  });
});
