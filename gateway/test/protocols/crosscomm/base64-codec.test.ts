import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64 } from '../../../src/protocols/crosscomm/base64-codec.ts';

/** What `base64.b64decode` of Python 3.11 gives; undefined where it raises binascii.Error. */
const PYTHON: [string, string | undefined][] = [
  ['', ''],
  ['QUJD', 'ABC'],
  ['QUI=', 'AB'],
  ['QQ==', 'A'],
  ['QUJ\nD ', 'ABC'],
  ['QU-JD_', 'ABC'],
  ['QUI=ignored', 'AB'],
  ['QQ==QUJD', 'A'],
  ['=QUJD', 'ABC'],
  ['Q=UI=', 'AB'],
  ['QUI', undefined],
  ['QQ=', undefined],
  ['QQ=A', undefined],
  ['A', undefined],
  ['A===', undefined],
  ['hello world', undefined],
];

describe('decodeBase64', () => {
  test.each(PYTHON)('decodes %j as Python does', (text, expected) => {
    expect(decodeBase64(text)?.toString('latin1')).toBe(expected);
  });

  test('decodes what any encoder writes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toEqual(Buffer.from(bytes));
      }),
    );
  });
});
