import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEnvelope, restamp } from '../../../src/protocols/crosscomm/envelope-codec.ts';
import { frame } from './frames.ts';

const KEYS = ['msg_id', 'from_client_id', 'to_client_id', 'msg_type', 'content', 'timestamp', 'oss_key'] as const;

/** A JSON string in which every UTF-16 unit is written as an escape. */
function escapeAll(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, '0'));
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}

describe('readEnvelope', () => {
  test('reads a frame as Python writes it', () => {
    expect(readEnvelope(frame())).toEqual({
      rawId: '"ann_1700000000000_0a1b2c3d"',
      from: 'ann',
      to: 'ben',
      type: 'text',
      rawContent: '"hello"',
      rawTimestamp: '1700000000.123',
      rawObjectKey: 'null',
    });
  });

  test('reads the same from any order of the keys, with any blanks', () => {
    const members = frame().slice(1, -1).split(', ');
    fc.assert(
      fc.property(
        fc.shuffledSubarray(members, { minLength: members.length }),
        fc.constantFrom('', ' ', '\n\t'),
        (shuffled, blank) => {
          const text = `${blank}{${blank}${shuffled.join(`${blank},${blank}`)}${blank}}${blank}`;
          expect(readEnvelope(text)).toEqual(readEnvelope(frame()));
        },
      ),
    );
  });

  test('reads the same whatever is escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.json(), (from, to, content) => {
        const plain = frame({ from_client_id: from, to_client_id: to }, { content });
        const escaped = frame({}, { content, from_client_id: escapeAll(from), to_client_id: escapeAll(to) });
        expect(readEnvelope(escaped)).toEqual(readEnvelope(plain));
        expect(readEnvelope(plain)).toMatchObject({ from, to, rawContent: content });
      }),
    );
  });

  test('does without oss_key', () => {
    const text = frame().replace(', "oss_key": null', '');
    expect(readEnvelope(text)).toMatchObject({ to: 'ben', rawObjectKey: undefined });
  });

  test.each(['NaN', 'Infinity', '-Infinity', '12345678901234567890123', '1.0', '{"a": [NaN, -Infinity]}'])(
    'keeps the content %s as it is',
    (content) => {
      expect(readEnvelope(frame({}, { content, timestamp: 'NaN' }))).toMatchObject({
        rawContent: content,
        rawTimestamp: 'NaN',
      });
    },
  );

  test.each(KEYS.slice(0, -1))('refuses a frame without %s', (key) => {
    const { [key]: _left, ...rest } = JSON.parse(frame()) as Record<string, unknown>;
    expect(readEnvelope(JSON.stringify(rest))).toBe(`the frame lacks the key ${key}`);
  });

  test('refuses an eighth key', () => {
    expect(readEnvelope(frame({ extra: 1 }))).toBe('the frame has a key that CrossComm does not know: extra');
  });

  test('refuses a key that occurs twice, escaped or not', () => {
    const text = frame().replace('{', '{"from_client\\u005fid": "eve", ');
    expect(readEnvelope(text)).toBe('the frame has the key from_client_id twice');
  });

  test.each([
    ['to_client_id', 7, 'the recipient, to_client_id, is not a string'],
    ['msg_type', null, 'the message type, msg_type, is not a string'],
  ])('refuses a frame whose %s is %s', (key, value, complaint) => {
    expect(readEnvelope(frame({ [key]: value }))).toBe(complaint);
  });

  test.each(['', '[]', '"text"', 'null', '{}x', '{"a"', '\ufeff{}', '{"content": \u0007}'])(
    'refuses %j in words',
    (text) => {
      expect(readEnvelope(text)).toMatch(/^the frame (is not one JSON object|lacks the key|has a key)/);
    },
  );

  test('refuses every frame that is cut off', () => {
    const text = frame({ content: 'grüß "dich"' });
    for (let length = 0; length < text.length; length++) {
      expect(typeof readEnvelope(text.slice(0, length))).toBe('string');
    }
  });

  test('refuses a content that is nested 100,000 levels deep', () => {
    const content = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(readEnvelope(frame({}, { content }))).toContain('nested deeper');
  });
});

test('restamp replaces the sender and nothing else', () => {
  const text = frame({ from_client_id: 'forged' }, { content: '{"big": 12345678901234567890, "x": 1.0, "n": NaN}' });
  const envelope = readEnvelope(text);
  expect(readEnvelope(restamp(text, 'änn"'))).toEqual({ ...(envelope as object), from: 'änn"' });
});
