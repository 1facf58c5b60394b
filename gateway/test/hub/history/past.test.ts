import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Past, type Said } from '../../../src/hub/history/past.ts';

const LIMITS = { maxMessages: 4, maxBytes: 1000, maxChannels: 3, maxAgeMs: 500 };

function said(to: string, number: number, atMs: number, bytes: number): Said {
  return { init: { from: 'a', to, kind: 'text', body: String(number), timestampMs: atMs }, atMs, bytes };
}

/** The same by looking through everything each time. */
class Plain {
  channels: string[] = [];
  all: Said[] = [];

  add(channel: string, one: Said): void {
    this.channels = [...this.channels.filter((each) => each !== channel), channel];
    if (this.channels.length > LIMITS.maxChannels) {
      const idlest = this.channels.shift();
      this.all = this.all.filter(({ init }) => init.to !== idlest);
    }
    if (one.bytes > LIMITS.maxBytes) return;
    this.all.push(one);
    const own = this.all.filter(({ init }) => init.to === channel);
    if (own.length > LIMITS.maxMessages) this.all.splice(this.all.indexOf(own[0] as Said), 1);
    while (this.bytes > LIMITS.maxBytes || one.atMs - (this.all[0] as Said).atMs > LIMITS.maxAgeMs) this.all.shift();
  }

  get bytes(): number {
    return this.all.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

const step = fc.record({
  channel: fc.constantFrom('a', 'b', 'c', 'd'),
  bytes: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constant(1001)),
  waitedMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 })),
});

test('the newest are remembered, in their order, of each channel and of all no more than there is room for', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const past = new Past(LIMITS);
      const plain = new Plain();
      let nowMs = 0;
      for (const [number, { channel, bytes, waitedMs }] of steps.entries()) {
        nowMs += waitedMs;
        past.add(channel, said(channel, number, nowMs, bytes));
        plain.add(channel, said(channel, number, nowMs, bytes));
        if (waitedMs % 2 === 0) past.settle();
        expect([...past.channels()].sort()).toEqual([...plain.channels].sort());
        expect([past.count, past.bytes]).toEqual([plain.all.length, plain.bytes]);
        const bodies = past.last(channel, 3, nowMs - 200).map(({ init }) => init.body);
        const wanted = plain.all.filter(({ init, atMs }) => init.to === channel && atMs >= nowMs - 200);
        expect(bodies).toEqual(wanted.slice(-3).map(({ init }) => init.body));
      }
    }),
  );
});

test('what a busy channel has forgotten takes no room as long as a quiet one remembers', () => {
  const past = new Past({ maxMessages: 2, maxBytes: 1e9, maxChannels: 10, maxAgeMs: 1e9 });
  const bodies: WeakRef<object>[] = [];
  past.add('quiet', said('quiet', 0, 0, 1));
  for (let number = 1; number <= 5000; number++) {
    const one = said('busy', number, number, 1);
    bodies.push(new WeakRef(one.init));
    past.add('busy', one);
  }
  expect(past.count).toBe(3);
  expect(past.last('quiet', 9, 0)).toHaveLength(1);
  expect(past.last('busy', 9, 0).map(({ init }) => init.body)).toEqual(['4999', '5000']);
  expect(past.waiting).toBeLessThan(200);
});
