import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Kind } from '../../../src/hub/message.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../../../src/integrations/nats/envelope.ts';

const kinds: Kind[] = ['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder'];
const text = fc.string({ unit: 'grapheme', minLength: 1 });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const envelopes: fc.Arbitrary<Envelope> = fc.constantFrom(...kinds).chain((kind) =>
  fc.record({
    message: fc.record({
      ...{ from: text, to: text, kind: fc.constant(kind), timestampMs: fc.maxSafeNat() },
      body: kind === 'bytes' ? fc.uint8Array() : fc.string({ unit: 'grapheme' }),
      ...{ id: optional(text), objectKey: optional(text), objectSize: optional(fc.maxSafeNat()) },
    }),
    ...{ number: fc.maxSafeNat(), account: optional(text), protocol: optional(text) },
  }),
);

test('a message arrives as it was sent', () => {
  fc.assert(
    fc.property(envelopes, (envelope) => {
      const decoded = decodeEnvelope(encodeEnvelope(envelope));
      const body = decoded?.message.body;
      const { message } = envelope;
      expect({ ...decoded, message: { ...decoded?.message, body: undefined } }).toEqual({
        ...envelope,
        message: { ...message, body: undefined },
      });
      expect(Buffer.from(body as string)).toEqual(Buffer.from(message.body as string));
    }),
  );
});

test('fields of a later version are skipped, and another format is none', () => {
  const bytes = encodeEnvelope({
    message: { from: 'a', to: 'b', kind: 'text', body: 'hi', timestampMs: 1 },
    number: 7,
  });
  const later = Buffer.concat([bytes, Buffer.from([200, 0, 0, 0, 3, 1, 2, 3])]);
  expect(decodeEnvelope(later)).toEqual(decodeEnvelope(bytes));
  expect(decodeEnvelope(Buffer.concat([Buffer.from([2]), bytes.subarray(1)]))).toBeUndefined();
});

test('no bytes are taken for a message that they are not', () => {
  const whole = encodeEnvelope({
    message: { from: 'a', to: 'b', kind: 'bytes', body: Buffer.from('hi'), timestampMs: 1 },
    number: 7,
  });
  for (let length = 0; length < whole.length; length++)
    expect(decodeEnvelope(whole.subarray(0, length))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(decodeEnvelope(bytes)).toBeUndefined();
    }),
  );
});

test('of the address of an object it is told that there is one, and not which', () => {
  const message = { from: 'cam', to: 'lamp', kind: 'image', body: 'a.png', timestampMs: 1, objectKey: 'k' } as const;
  const bytes = encodeEnvelope({ message: { ...message, objectUrl: 'http://here/objects/k' }, number: 1 });
  expect(decodeEnvelope(bytes)).toMatchObject({ hasAddress: true, message });
  expect(bytes.includes('http')).toBe(false);
  expect(decodeEnvelope(encodeEnvelope({ message, number: 1 }))?.hasAddress).toBeUndefined();
});
