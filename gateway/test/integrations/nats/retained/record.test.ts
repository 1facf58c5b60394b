import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MessageInit } from '../../../../src/hub/message.ts';
import {
  decodeRetained,
  encodeRetained,
  isSameRetained,
  type LastingRecord,
  type RetainedEntry,
} from '../../../../src/integrations/nats/retained/record.ts';

const text = fc.string({ minLength: 1, unit: 'binary' });
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const stamp = fc.record({ setMs: fc.nat(), gateway: fc.constantFrom('hall', 'kitchen') });
const body: fc.Arbitrary<Pick<MessageInit, 'kind' | 'body'>> = fc.oneof(
  fc.record({ kind: fc.constant('bytes' as const), body: fc.uint8Array().map((bytes) => Buffer.from(bytes)) }),
  fc.record({ kind: fc.constantFrom('text' as const, 'json' as const, 'dict' as const), body: text }),
);
const record: fc.Arbitrary<LastingRecord> = fc
  .tuple(
    body,
    fc.record({ from: text, timestampMs: fc.nat(), id: some(text), objectKey: some(text), objectSize: some(fc.nat()) }),
    fc.record({
      account: some(text),
      leftMs: fc.oneof(fc.nat(), fc.constant(Number.POSITIVE_INFINITY)),
      kept: some(fc.array(text)),
      stays: some(fc.constant(true as const)),
      extra: some(fc.uint8Array()),
    }),
  )
  .map(([content, sender, rest]) => ({ message: { ...content, ...sender, to: 'a/b' }, ...rest }));
const shared: fc.Arbitrary<RetainedEntry> = fc.record({ stamp, record: some(record) });

test('what is encoded is decoded to itself', () => {
  fc.assert(
    fc.property(shared, (entry) => {
      expect(decodeRetained(encodeRetained(entry), 'a/b')).toEqual(entry);
    }),
  );
});

test('whether clients are told an address of an object comes along, and the address itself does not', () => {
  const message: MessageInit = { from: 'a', to: 'a/b', kind: 'file', body: 'a.txt', timestampMs: 1, objectKey: 'k' };
  const record = { message: { ...message, objectUrl: 'http://hall/k' }, leftMs: 5 };
  const { record: read } =
    decodeRetained(encodeRetained({ stamp: { setMs: 1, gateway: 'hall' }, record }), 'a/b') ?? {};
  expect(read).toMatchObject({ message, hasAddress: true });
  expect(read?.message.objectUrl).toBeUndefined();
});

test('what is cut off before its body, or of another version, is nothing', () => {
  fc.assert(
    fc.property(shared, fc.nat(), (entry, cut) => {
      const bytes = encodeRetained(entry);
      const end = 5 + bytes.readUInt32BE(1);
      expect(decodeRetained(bytes.subarray(0, cut % end), 'a/b')).toBeUndefined();
      bytes[0] = 2;
      expect(decodeRetained(bytes, 'a/b')).toBeUndefined();
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
      decodeRetained(bytes, 'a/b');
    }),
  );
});

test('fields that a later version adds are skipped', () => {
  const bytes = encodeRetained({ stamp: { setMs: 1, gateway: 'hall' }, record: undefined });
  const head = JSON.parse(bytes.toString('utf8', 5));
  const later = Buffer.from(`\u0001\0\0\0\0${JSON.stringify({ ...head, later: [1] })}`);
  later.writeUInt32BE(later.length - 5, 1);
  expect(decodeRetained(later, 'a/b')).toEqual({ stamp: { setMs: 1, gateway: 'hall' }, record: undefined });
});

test('two say the same where all but their time is alike', () => {
  fc.assert(
    fc.property(record, (one) => {
      const here = { ...one, expiresMs: 5 };
      expect(isSameRetained(here, { ...one, leftMs: 7 })).toBe(true);
      expect(isSameRetained(here, { ...one, message: { ...one.message, from: `${one.message.from}.` } })).toBe(false);
      expect(isSameRetained(here, undefined)).toBe(false);
      expect(isSameRetained(undefined, undefined)).toBe(true);
    }),
  );
});
