import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { convert, DEFAULT_IMAGE_LIMITS } from '../../../src/objects/images/convert.ts';

const RED = [255, 0, 0];
const GREEN = [0, 255, 0];
const BLUE = [0, 0, 255];
const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];

/** A PNG of rows of colours. */
function png(...rows: number[][][]): Promise<Buffer> {
  return image(...rows)
    .png()
    .toBuffer();
}

function image(...rows: number[][][]): Sharp {
  const raw = { width: rows[0]?.length ?? 0, height: rows.length, channels: 3 } as const;
  return sharp(Buffer.from(rows.flat(2)), { raw });
}

/** One colour all over. */
function plain(width: number, height: number, [r, g, b]: number[]): Sharp {
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
}

/** The pixels of rgb565 as colours of 5, 6 and 5 bits, row by row. */
function rgb565(bytes: Uint8Array, width: number): string[][] {
  const pixels = Array.from({ length: bytes.length / 2 }, (_, index) =>
    Buffer.from(bytes)
      .readUInt16LE(index * 2)
      .toString(16)
      .padStart(4, '0'),
  );
  return Array.from({ length: pixels.length / width }, (_, row) => pixels.slice(row * width, (row + 1) * width));
}

describe('an image as rgb565', () => {
  it('has two bytes a pixel, the low one first', async () => {
    const { bytes, width, height } = await convert(await png([RED, GREEN], [BLUE, WHITE]), { format: 'rgb565' });
    expect([width, height]).toEqual([2, 2]);
    expect(Buffer.from(bytes).toString('hex')).toBe('00f8e0071f00ffff');
  });

  it('has borders where it is contained in other proportions', async () => {
    const source = await plain(4, 2, WHITE).png().toBuffer();
    const { bytes } = await convert(source, { format: 'rgb565', width: 4, height: 4 });
    expect(rgb565(bytes, 4).map((row) => row[0])).toEqual(['0000', 'ffff', 'ffff', '0000']);
  });

  it('fills everything where it covers, and loses what is beyond', async () => {
    const source = await png([RED, GREEN, GREEN, BLUE], [RED, GREEN, GREEN, BLUE]);
    const { bytes } = await convert(source, { format: 'rgb565', width: 2, height: 2, fit: 'cover' });
    expect(new Set(rgb565(bytes, 2).flat())).toEqual(new Set(['07e0']));
  });

  it('keeps its proportions where one side is given', async () => {
    const source = await plain(40, 20, RED).png().toBuffer();
    expect(await convert(source, { format: 'rgb565', width: 80 })).toMatchObject({ width: 80, height: 40 });
    expect(await convert(source, { format: 'rgb565', height: 10 })).toMatchObject({ width: 20, height: 10 });
  });

  it('is upright, as the camera was held', async () => {
    const wide = await image([RED, RED, BLUE, BLUE], [RED, RED, BLUE, BLUE]).resize(32, 16, { kernel: 'nearest' });
    const source = await wide.jpeg({ quality: 100 }).withMetadata({ orientation: 6 }).toBuffer();
    const { bytes, width, height } = await convert(source, { format: 'rgb565' });
    expect([width, height]).toEqual([16, 32]);
    const rows = rgb565(bytes, 16);
    expect(rows[1]?.[8]).toMatch(/^f[0-9a-f]{2}[0-9a-f]$/);
    expect(Number.parseInt(rows[30]?.[8] ?? '', 16)).toBeLessThan(0x0840);
  });
});

describe('an image as mono', () => {
  it('has one bit a pixel, the left one highest, and each row begins with a byte', async () => {
    const row = [WHITE, BLACK, WHITE, WHITE, BLACK, BLACK, BLACK, BLACK, BLACK, WHITE];
    const { bytes } = await convert(await png(row, row), { format: 'mono' });
    expect(Buffer.from(bytes).toString('hex')).toBe('b040b040');
  });

  it('shows gray by as many white pixels as it is bright', async () => {
    const source = await plain(64, 64, [64, 64, 64]).png().toBuffer();
    const { bytes } = await convert(source, { format: 'mono' });
    const white = [...bytes].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    expect(white / (64 * 64)).toBeCloseTo(64 / 255, 1);
  });

  it('has white borders', async () => {
    const source = await plain(8, 4, BLACK).png().toBuffer();
    const { bytes } = await convert(source, { format: 'mono', width: 8, height: 8 });
    expect(Buffer.from(bytes).toString('hex')).toBe('ffff00000000ffff');
  });
});

describe('an image as gray4', () => {
  it('has four bits a pixel, the left one highest', async () => {
    const row = Array.from({ length: 15 }, (_, level) => [level * 17, level * 17, level * 17]);
    const { bytes } = await convert(await png(row), { format: 'gray4' });
    expect(Buffer.from(bytes).toString('hex')).toBe('0123456789abcde0');
  });
});

describe('an image as a file', () => {
  it('is not made larger, and has no borders', async () => {
    const source = await plain(40, 20, RED).png().toBuffer();
    const small = await convert(source, { format: 'png', width: 20, height: 20 });
    expect([small.width, small.height, small.contentType]).toEqual([20, 10, 'image/png']);
    expect(await sharp(small.bytes).metadata()).toMatchObject({ format: 'png', width: 20, height: 10 });
    expect(await convert(source, { format: 'jpeg', width: 400 })).toMatchObject({ width: 40, height: 20 });
  });

  it('is a JPEG, or a PNG where parts of it are transparent', async () => {
    const opaque = await plain(4, 4, RED).png().toBuffer();
    expect(await convert(opaque, { width: 2 })).toMatchObject({ contentType: 'image/jpeg' });
    const clear = { width: 4, height: 4, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } } as const;
    const transparent = await sharp({ create: clear }).png().toBuffer();
    expect(await convert(transparent, { width: 2 })).toMatchObject({ contentType: 'image/png' });
  });

  it('says nothing of where the photo was taken', async () => {
    const source = await plain(8, 8, RED)
      .withExif({ IFD3: { GPSLatitude: '52/1 0/1 0/1' } })
      .jpeg()
      .toBuffer();
    expect((await sharp(source).metadata()).exif).toBeDefined();
    const { bytes } = await convert(source, { width: 4 });
    expect((await sharp(bytes).metadata()).exif).toBeUndefined();
  });
});

describe('an image of each kind that is promised', () => {
  it.each(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)('is read: %s', async (format) => {
    const source = await plain(16, 8, RED).toFormat(format).toBuffer();
    const { bytes, width, height } = await convert(source, { format: 'rgb565', width: 8 });
    expect([width, height, bytes.length]).toEqual([8, 4, 64]);
    expect(Buffer.from(bytes).readUInt16LE(0) >> 11).toBeGreaterThan(29);
  });

  it('is read where it is the smallest GIF', async () => {
    const source = Buffer.from('47494638376101000100800000ff0000ffffff2c00000000010001000002024401003b', 'hex');
    expect(await convert(source, { format: 'rgb565' })).toMatchObject({ width: 1, height: 1 });
  });
});

describe('a JPEG without its end marker', () => {
  const noise = Buffer.from(
    Array.from({ length: 64 * 48 * 3 }, (_, index) => (index * 7919 + (index >> 3) * 104729) & 255),
  );
  const source = (progressive: boolean) =>
    sharp(noise, { raw: { width: 64, height: 48, channels: 3 } })
      .jpeg({ progressive })
      .toBuffer();

  it.each([false, true])('is what it is with it (progressive: %s)', async (progressive) => {
    const whole = await source(progressive);
    expect(whole.subarray(-2).toString('hex')).toBe('ffd9');
    const expected = await convert(whole, { width: 32, format: 'rgb565' });
    for (const cut of [1, 2]) {
      expect(await convert(whole.subarray(0, -cut), { width: 32, format: 'rgb565' })).toEqual(expected);
    }
    const padded = Buffer.concat([whole, Buffer.alloc(100)]);
    expect(await convert(padded, { width: 32, format: 'rgb565' })).toEqual(expected);
  });

  it('is refused where some of the image is not there either', async () => {
    const whole = await source(false);
    for (const cut of [50, whole.length >> 1]) {
      await expect(convert(whole.subarray(0, -cut), { width: 32 })).rejects.toMatchObject({ code: 'not_an_image' });
    }
  });
});

describe('what is no image, or too much of one,', () => {
  const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><image href="file:///etc/hostname"/></svg>';

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['an SVG, which can ask for other files', Buffer.from(SVG)],
  ])('is refused: %s', async (_, source) => {
    await expect(convert(source, { width: 8, height: 8 })).rejects.toMatchObject({ code: 'not_an_image' });
  });

  it('is refused where it is cut off', async () => {
    const source = await plain(64, 64, RED).jpeg().toBuffer();
    const cut = convert(source.subarray(0, source.length - 40), { width: 8, height: 8, format: 'rgb565' });
    await expect(cut).rejects.toMatchObject({ code: 'not_an_image' });
  });

  it('is refused before it is decoded where it is small in bytes and huge in pixels', async () => {
    const bomb = await plain(9_000, 9_000, BLACK).png().toBuffer();
    expect(bomb.length).toBeLessThan(DEFAULT_IMAGE_LIMITS.maxInputBytes / 20);
    await expect(convert(bomb, { width: 8 })).rejects.toMatchObject({ code: 'too_large' });
  });

  it.each(['jpeg', 'webp'] as const)(
    'is refused where too much of it would be in memory at once: %s',
    async (format) => {
      const limits = { ...DEFAULT_IMAGE_LIMITS, maxWholePixels: 1_000 };
      const baseline = await plain(64, 48, RED).jpeg().toBuffer();
      expect(await convert(baseline, { width: 8 }, limits)).toMatchObject({ width: 8 });
      const whole = await plain(64, 48, RED).toFormat(format, { progressive: true }).toBuffer();
      await expect(convert(whole, { width: 8 }, limits)).rejects.toMatchObject({ code: 'too_large' });
      expect(await convert(whole, { width: 8 })).toMatchObject({ width: 8 });
    },
  );

  it('is refused where it has more bytes than are taken', async () => {
    const limits = { ...DEFAULT_IMAGE_LIMITS, maxInputBytes: 10 };
    await expect(convert(Buffer.alloc(11), {}, limits)).rejects.toMatchObject({ code: 'too_large' });
  });

  it('is refused where what would be made is too large', async () => {
    const thin = await plain(1, 3_000, RED).png().toBuffer();
    await expect(convert(thin, { width: 4_000, format: 'mono' })).rejects.toMatchObject({ code: 'too_large' });
  });
});
