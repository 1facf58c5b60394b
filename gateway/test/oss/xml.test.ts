import { parseXml } from '@rgrove/parse-xml';
import { describe, expect, it } from 'vitest';
import { writeXml } from '../../src/oss/xml.ts';

describe('a document for a client of object storage', () => {
  it.each([
    ['a plain key', 'photos/2026/one.jpg', 'photos/2026/one.jpg'],
    ['marks of XML', `a&b<c>"d"'e'`, `a&b<c>"d"'e'`],
    ['a picture, which is two halves', 'lamp 💡', 'lamp 💡'],
    ['half of one, which is no text', 'lamp \ud83d', 'lamp \ufffd'],
    ['what XML cannot contain', 'bell\u0007\u0000\ufffe', 'bell\ufffd\ufffd\ufffd'],
  ])('is read as it was meant, with %s', (_, key, read) => {
    const text = writeXml('List', { Contents: [{ Key: key }, { Key: 'after' }], Prefix: undefined, Count: 2 });
    expect(parseXml(text).root?.toJSON()).toMatchObject({
      name: 'List',
      children: [
        { name: 'Contents', children: [{ name: 'Key', children: [{ text: read }] }] },
        { name: 'Contents', children: [{ name: 'Key', children: [{ text: 'after' }] }] },
        { name: 'Count', children: [{ text: '2' }] },
      ],
    });
  });
});
