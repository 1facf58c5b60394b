import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeBlock,
  encodeQuestion,
  type Question,
} from '../../../../src/integrations/nats/files/codec.ts';

const who = { account: 'ann', isLocal: false, isTrusted: false };
const QUESTIONS: Question[] = [
  { do: 'head', key: 'a/ä', who },
  { do: 'list', options: { prefix: 'a/', delimiter: '/', after: 'b', limit: 5 }, who },
  { do: 'open', key: 'a', who, range: { start: 0, end: 9 }, etag: 'e', block: 512 },
  { do: 'next', transfer: 3, at: 1024 },
  { do: 'close', transfer: 3 },
];

test('every question is read as it was asked, and no beginning of one is a question', () => {
  for (const question of QUESTIONS) {
    const bytes = encodeQuestion(question);
    expect(decodeQuestion(bytes)).toEqual(question);
    for (let end = 0; end < bytes.length; end++) expect(decodeQuestion(bytes.subarray(0, end))).toBeUndefined();
  }
});

test('an answer is read with its content', () => {
  const info = { key: 'a', size: 3, etag: 'e', contentType: 'text/plain', modifiedMs: 7, metadata: { name: 'a' } };
  const { buffer, begin } = encodeBlock({ info, transfer: 1 }, 3);
  buffer.set([1, 2, 3], begin);
  expect(decodeAnswer(buffer)).toMatchObject({ info, transfer: 1, content: Buffer.from([1, 2, 3]) });
  const fault = { name: 'busy' as const, message: 'Later.' };
  expect(decodeAnswer(encodeAnswer({ fault }))).toMatchObject({ fault, info: undefined });
});

test('what a later version adds is skipped', () => {
  const later = { do: 'head', key: 'a', who: { ...who, mood: 1 }, colour: 'red' } as unknown as Question;
  expect(decodeQuestion(encodeQuestion(later))).toEqual({ do: 'head', key: 'a', who });
  const fault = { name: 'eaten', message: 'By a dog.' } as never;
  expect(decodeAnswer(encodeAnswer({ fault }))?.fault).toEqual({ name: 'unreadable', message: 'By a dog.' });
});

test('any bytes and any JSON are a question, an answer, or nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.jsonValue(), (bytes, said) => {
      decodeQuestion(bytes);
      decodeAnswer(bytes);
      const other = encodeQuestion((typeof said === 'object' ? said : {}) as Question);
      decodeQuestion(other);
      decodeAnswer(other);
    }),
  );
});
