import type { ImageOptions } from './objects.ts';

/** The bytes of an image for a small screen as the red, green, blue and opacity of each pixel, from the top left. */
export function toPixels(bytes: Uint8Array, { width, height, format }: ImageOptions): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * 4);
  const rowBytes = format === 'mono' ? Math.ceil(width / 8) : format === 'gray4' ? Math.ceil(width / 2) : width * 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      pixels.set([...colourAt(bytes, y * rowBytes, x, format), 255], (y * width + x) * 4);
    }
  }
  return pixels;
}

function colourAt(bytes: Uint8Array, row: number, x: number, format: ImageOptions['format']): [number, number, number] {
  if (format === 'mono') {
    const bit = ((bytes[row + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1;
    return [bit * 255, bit * 255, bit * 255];
  }
  if (format === 'gray4') {
    const both = bytes[row + (x >> 1)] ?? 0;
    // 15 is white, and 17 times 15 is 255.
    const level = 17 * (x & 1 ? both & 15 : both >> 4);
    return [level, level, level];
  }
  // The low byte comes first.
  const value = (bytes[row + 2 * x] ?? 0) | ((bytes[row + 2 * x + 1] ?? 0) << 8);
  return [((value >> 11) & 31) * (255 / 31), ((value >> 5) & 63) * (255 / 63), (value & 31) * (255 / 31)];
}
