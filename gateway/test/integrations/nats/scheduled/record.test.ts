import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeScheduled,
  encodeScheduled,
  type ScheduledEntry,
} from '../../../../src/integrations/nats/scheduled/record.ts';

const text = fc.string({ minLength: 1, unit: 'binary' });
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const message = fc
  .tuple(
    fc.oneof(
      fc.record({ kind: fc.constant('bytes' as const), body: fc.uint8Array().map((bytes) => Buffer.from(bytes)) }),
      fc.record({ kind: fc.constantFrom('text' as const, 'json' as const, 'dict' as const), body: text }),
    ),
    fc.record({
      from: text,
      to: text,
      timestampMs: fc.nat(),
      id: some(text),
      objectKey: some(text),
      objectSize: some(fc.nat()),
    }),
  )
  .map(([content, sender]) => ({ ...content, ...sender }));
const needed = fc.record({ dueMs: fc.nat(), leftMs: some(fc.nat()), account: some(text) });
const left = fc.record({ retainMs: fc.nat(), keep: fc.constant(true) }, { requiredKeys: [] });
const times = fc.tuple(needed, left).map(([one, other]) => ({ ...one, ...other }));
const entry: fc.Arbitrary<ScheduledEntry> = fc
  .tuple(fc.constantFrom('hall', 'kitchen'), some(fc.tuple(message, times)))
  .map(([holder, what]) => ({ holder, record: what && { message: what[0], ...what[1] } }));

test('what is encoded is decoded to itself', () => {
  fc.assert(
    fc.property(entry, (each) => {
      expect(decodeScheduled(encodeScheduled(each))).toEqual(each);
    }),
  );
});

test('any bytes are read or refused, and never throw', () => {
  const head = fc.json().map((json) => {
    const bytes = Buffer.from(`\u0001\0\0\0\0${json}`);
    bytes.writeUInt32BE(bytes.length - 5, 1);
    return new Uint8Array(bytes);
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), head), (bytes) => {
      decodeScheduled(bytes);
    }),
  );
});
