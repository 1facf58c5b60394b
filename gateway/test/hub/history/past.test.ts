import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Past } from '../../../src/hub/history/past.ts';
import { OVERHEAD_BYTES } from '../../../src/hub/history/row.ts';
import type { Said } from '../../../src/hub/history/said.ts';

const LIMITS = { maxMessages: 5, maxBytes: 3000, maxChannels: 3, maxAgeMs: 500 };

const said = (body: string | Uint8Array): Said => ({ from: 'a', timestampMs: 7, form: 'text', body, tail: '' });

const step = fc.record({
  channel: fc.constantFrom('a', 'b', 'c', 'd'),
  size: fc.oneof(fc.integer({ min: 0, max: 700 }), fc.constantFrom(0, 2000, 4000)),
  letter: fc.constantFrom('x', 'é', '猫'),
  waitedMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 })),
});

interface Kept {
  channel: string;
  body: string;
  atMs: number;
}

test('the newest are remembered, of each channel and of all no more than there is room for, and only the oldest make room', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const past = new Past(LIMITS);
      let order: string[] = [];
      let kept: Kept[] = [];
      let nowMs = 0;
      for (const [number, { channel, size, letter, waitedMs }] of steps.entries()) {
        nowMs += waitedMs;
        const before = past.bytes;
        const body = `${number}${letter.repeat(size)}`;
        past.add(past.open(channel), said(body), nowMs);
        past.settle(nowMs);
        order = [...order.filter((each) => each !== channel), channel];
        if (order.length > LIMITS.maxChannels) {
          const idlest = order.shift();
          kept = kept.filter((each) => each.channel !== idlest);
        }
        const bytes = Buffer.byteLength(body) + OVERHEAD_BYTES;
        const isTooLarge = bytes > LIMITS.maxBytes;
        const own = isTooLarge ? [] : kept.filter((each) => each.channel === channel);
        if (own.length === LIMITS.maxMessages) kept.splice(kept.indexOf(own[0] as Kept), 1);
        if (!isTooLarge) kept.push({ channel, body, atMs: nowMs });
        kept = kept.filter(({ atMs }) => nowMs - atMs <= LIMITS.maxAgeMs);
        const there = order.flatMap((each) => past.last(each, 99, 0)).sort((a, b) => a.number - b.number);
        // What made room is older than all that is left, and there was need for it.
        expect(there.map(({ init }) => init.body)).toEqual(
          kept.slice(kept.length - there.length).map((each) => each.body),
        );
        if (isTooLarge || before + bytes <= LIMITS.maxBytes) expect(there).toHaveLength(kept.length);
        kept = kept.slice(kept.length - there.length);
        expect(past.count).toBe(there.length);
        expect(past.bytes).toBe(there.reduce((sum, { bytes }) => sum + bytes, 0));
        expect(past.bytes).toBeLessThanOrEqual(LIMITS.maxBytes);
        expect([...past.rows()].map((row) => row.channel).sort()).toEqual([...order].sort());
      }
    }),
  );
});

test('what was said is read as it was, whatever memory it has been moved to', () => {
  const past = new Past({ maxMessages: 50, maxBytes: 1e6, maxChannels: 10, maxAgeMs: 1e9 });
  const row = past.open('lamp');
  const tail = JSON.stringify({ id: 'é1', objectKey: 'k', objectSize: 3 });
  for (let number = 0; number < 200; number++) {
    past.add(row, { ...said(''), timestampMs: number, tail }, number);
    past.add(row, { ...said(new Uint8Array([0, 255, number])), form: 'bytes', from: `client ${number % 3}` }, number);
    past.add(
      row,
      { ...said(new Uint8Array([number])), form: (body) => ({ kind: 'text', body: `read ${body[0]}` }) },
      number,
    );
  }
  const [empty, bytes, read] = past.last('lamp', 3, 0).map(({ init }) => init);
  expect(empty).toEqual({
    from: 'a',
    to: 'lamp',
    kind: 'text',
    body: '',
    timestampMs: 199,
    id: 'é1',
    objectKey: 'k',
    objectSize: 3,
  });
  expect(bytes).toEqual({
    from: 'client 1',
    to: 'lamp',
    kind: 'bytes',
    body: Buffer.from([0, 255, 199]),
    timestampMs: 7,
  });
  expect(read).toEqual({ from: 'a', to: 'lamp', kind: 'text', body: 'read 199', timestampMs: 7 });
  expect(past.count).toBe(50);
});

test('memory that is hardly used any more is given back', () => {
  const past = new Past({ maxMessages: 100, maxBytes: 1e7, maxChannels: 10, maxAgeMs: 1000 });
  const row = past.open('photos');
  for (let number = 0; number < 50; number++)
    past.add(row, { ...said(new Uint8Array(100_000)), form: 'bytes' }, number);
  past.add(row, said('small'), 5000);
  expect(row.memoryBytes).toBeGreaterThan(5e6);
  past.settle(5000);
  expect(past.last('photos', 9, 0).map(({ init }) => init.body)).toEqual(['small']);
  expect(row.memoryBytes).toBeLessThan(1000);
});
