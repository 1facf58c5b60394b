import { describe, expect, it } from 'vitest';
import { imageOptionsOf, nameOf, parseImageOptions } from '../../../src/objects/images/options.ts';

const NOTHING = { width: null, height: null, fit: null, format: null };

describe('the options of an image', () => {
  it('are read from the query of a URL', () => {
    const query = { width: '240', height: '320', fit: 'cover', format: 'rgb565', signature: 'x' };
    expect(parseImageOptions(query)).toEqual({ width: 240, height: 320, fit: 'cover', format: 'rgb565' });
    expect(parseImageOptions({ signature: 'x' })).toBeUndefined();
  });

  it('are read from a Fetch frame', () => {
    expect(imageOptionsOf({ width: 128, height: null, fit: 1, format: 2 })).toEqual({
      width: 128,
      fit: 'cover',
      format: 'mono',
    });
    expect(imageOptionsOf({ ...NOTHING, format: 0 })).toEqual({});
  });

  it.each([
    { width: '0' },
    { width: '' },
    { width: '4097' },
    { height: '1.5' },
    { height: 'tall' },
    { width: '1e2' },
    { width: '0x10' },
    { height: ' 1' },
    { width: ['1', '2'] },
    { fit: 'fill' },
    { format: 'bmp' },
    { format: '' },
  ])('are refused with what would be right: %o', (query) => {
    expect(() => parseImageOptions(query)).toThrow(
      expect.objectContaining({ code: 'bad_options', message: expect.stringMatching(/ of an image is /) }),
    );
  });

  it.each([{ width: 0 }, { height: 5_000 }, { fit: 2 }, { format: 6 }])('are refused as numbers: %o', (fetch) => {
    expect(() => imageOptionsOf({ ...NOTHING, ...fetch })).toThrow(expect.objectContaining({ code: 'bad_options' }));
  });

  it('have one name where they mean the same', () => {
    expect(nameOf({ width: 8 })).toBe(nameOf({ width: 8, fit: 'contain' }));
    expect(nameOf({ width: 8 })).not.toBe(nameOf({ height: 8 }));
    expect(nameOf({ width: 8 })).not.toBe(nameOf({ width: 8, format: 'png' }));
  });
});
