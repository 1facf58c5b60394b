import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { formatOfCutImage } from '../../../src/objects/images/cut-image.ts';

const noise = {
  width: 90,
  height: 60,
  channels: 3 as const,
  noise: { type: 'gaussian' as const, mean: 128, sigma: 60 },
};

function image(): Sharp {
  return sharp({ create: { ...noise, background: 'white' } });
}

const IMAGES: [string, string, () => Promise<Buffer>][] = [
  ['a JPEG', 'JPEG', () => image().jpeg().toBuffer()],
  ['a progressive JPEG', 'JPEG', () => image().jpeg({ progressive: true }).toBuffer()],
  [
    'a JPEG with metadata that holds an end marker',
    'JPEG',
    () =>
      image()
        .withExif({ IFD0: { Copyright: 'ÿÙ' } })
        .jpeg()
        .toBuffer(),
  ],
  ['a PNG', 'PNG', () => image().png().toBuffer()],
  ['a GIF', 'GIF', () => image().gif().toBuffer()],
  ['a WebP', 'WebP', () => image().webp().toBuffer()],
];

describe.each(IMAGES)('%s', (_, name, make) => {
  test('is whole, also where something follows it', async () => {
    const bytes = await make();
    expect(formatOfCutImage(bytes)).toBeUndefined();
    expect(formatOfCutImage(Buffer.concat([bytes, Buffer.from('trailer')]))).toBeUndefined();
  });

  test('is cut wherever it ends early', async () => {
    const bytes = await make();
    for (let length = 16; length < bytes.length - 1; length++) {
      expect(formatOfCutImage(bytes.subarray(0, length)), `${length} of ${bytes.length}`).toBe(name);
    }
  });
});

test.each([
  ['nothing', ''],
  ['text', 'This is no JPEG.'],
  ['two bytes of a JPEG', '\xff\xd8'],
  ['a JPEG whose first segment is none', '\xff\xd8\xff\xe0\x00\x04ab no segment'],
])('of %s it is not known', (_, text) => {
  expect(formatOfCutImage(Buffer.from(text, 'latin1'))).toBeUndefined();
});
