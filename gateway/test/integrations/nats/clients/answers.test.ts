import { expect, test } from 'vitest';
import {
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
} from '../../../../src/integrations/nats/clients/answers.ts';
import { decodeRecord, encodeRecord } from '../../../../src/integrations/nats/clients/record.ts';

const record = { gateway: 'hall', epoch: 'e1', sinceMs: 7, protocol: 'mqtt', account: 'Ana' };

test('what gateways tell one another is read as it was written', () => {
  expect(decodeRecord(encodeRecord(record))).toEqual(record);
  expect(decodeQuestion(encodeQuestion('lamp/1'))).toBe('lamp/1');
  expect(decodeAnswer(encodeAnswer({ isFree: false }))).toEqual({ isFree: false });
  for (const receipt of [
    { delivered: 1, refused: 0, reason: undefined },
    { delivered: 0, refused: 1, reason: 'queue_full' as const },
    { delivered: 0, refused: 0, reason: 'no_recipient' as const, at: 'attic' },
  ]) {
    expect(decodeAnswer(encodeAnswer({ receipt }))).toEqual({ receipt: { at: undefined, ...receipt } });
  }
});

test('fields of a later version are skipped, and a reason that is not known is taken for nobody', () => {
  const later = (value: object): Uint8Array => Buffer.from(JSON.stringify({ v: 1, mood: 'fine', ...value }));
  expect(decodeRecord(later(record))).toEqual(record);
  expect(decodeAnswer(later({ receipt: { delivered: 0, refused: 1, reason: 'tired' } }))).toMatchObject({
    receipt: { reason: 'no_recipient' },
  });
});

test.each([
  '',
  '{',
  'null',
  '7',
  '"text"',
  '{}',
  '{"v":2,"id":"a","isFree":true}',
  '{"v":1,"receipt":{"delivered":-1}}',
])('what is none of it is nothing: %s', (text) => {
  const bytes = Buffer.from(text);
  expect([decodeRecord(bytes), decodeAnswer(bytes), decodeQuestion(bytes)]).toEqual([undefined, undefined, undefined]);
});

test('every beginning of a record is nothing', () => {
  const whole = encodeRecord(record);
  for (let end = 0; end < whole.length; end++) expect(decodeRecord(whole.subarray(0, end))).toBeUndefined();
});
