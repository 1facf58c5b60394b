import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import fc from 'fast-check';
import { Level } from 'level';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DAMAGED_BYTES, DAMAGED_TEXT, sealedBytes, sealedText } from '../../src/common/sealed.ts';

describe('a sealed value', () => {
  it('is read as it was written, and one of an earlier version as it is', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string({ unit: 'binary' }), (bytes, text) => {
        expect(sealedBytes.decode(sealedBytes.encode(bytes))).toEqual(Buffer.from(bytes));
        expect(sealedBytes.decode(bytes)).toEqual(Buffer.from(bytes));
        expect(sealedText.decode(sealedText.encode(text))).toBe(text);
      }),
    );
  });

  it('is known to be damaged whichever bit of its content or checksum has changed', () => {
    const sealed = sealedText.encode('{"text":"21.5"}');
    for (let place = 0; place < sealed.length; place++) {
      // Without its mark it is a value of an earlier version.
      if (place >= sealed.length - 8 && place < sealed.length - 4) continue;
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(sealed);
        changed[place] = (changed[place] as number) ^ (1 << bit);
        expect(sealedText.decode(changed)).toBe(DAMAGED_TEXT);
        expect(sealedBytes.decode(changed)).toBe(DAMAGED_BYTES);
      }
    }
  });

  it('goes through the database in every way of reading', async () => {
    const db = new Level<string, string>(await temporaryFolder());
    await db.open();
    onTestFinished(() => db.close());
    const level = db.sublevel<string, string>('sealed', { valueEncoding: sealedText });
    await level.batch([
      { type: 'put', key: 'a', value: 'grün' },
      { type: 'put', key: 'b', value: '' },
    ]);
    expect(await level.get('a')).toBe('grün');
    expect(await level.iterator().all()).toEqual([
      ['a', 'grün'],
      ['b', ''],
    ]);
    expect(await level.values().all()).toEqual(['grün', '']);
  });
});
