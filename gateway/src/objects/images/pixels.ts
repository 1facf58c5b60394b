/** Rows of pixels, from the top left. */
export interface Pixels {
  /** Red, green and blue in turn, or only gray; 0 to 255 each. */
  samples: Uint8Array;
  width: number;
  height: number;
}

/** Pauses after each row, so that a large image does not delay anybody's messages. */
export type Packing = Generator<void, Uint8Array, void>;

/** Red, green, blue: 5, 6 and 5 bits, the low byte first, as in an array of `uint16_t` on an ESP or AVR. */
export function* packRgb565({ samples, width, height }: Pixels): Packing {
  const packed = new Uint8Array(width * height * 2);
  let from = 0;
  let to = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const red = scale(samples[from++] as number, 31);
      const green = scale(samples[from++] as number, 63);
      const blue = scale(samples[from++] as number, 31);
      packed[to++] = ((green & 7) << 5) | blue;
      packed[to++] = (red << 3) | (green >> 3);
    }
    yield;
  }
  return packed;
}

/**
 * Gray in 1, 2 or 4 bits per pixel, the leftmost pixel in the highest bits, each row starting in a new byte; the highest value is white.
 * The rounding error of a pixel is spread to its neighbours (Floyd and Steinberg, 1976).
 */
export function* packGray({ samples, width, height }: Pixels, bits: 1 | 2 | 4): Packing {
  const brightest = 2 ** bits - 1;
  const step = 255 / brightest;
  const rowBytes = Math.ceil((width * bits) / 8);
  const packed = new Uint8Array(rowBytes * height);
  // One extra at each side, so that the first and last pixel need no special case.
  let here = new Float32Array(width + 2);
  let below = new Float32Array(width + 2);
  for (let row = 0; row < height; row++) {
    below.fill(0);
    for (let column = 0; column < width; column++) {
      const at = column + 1;
      const wanted = (samples[row * width + column] as number) + (here[at] as number);
      const level = Math.min(brightest, Math.max(0, Math.round(wanted / step)));
      const error = (wanted - level * step) / 16;
      here[at + 1] = (here[at + 1] as number) + error * 7;
      below[at - 1] = (below[at - 1] as number) + error * 3;
      below[at] = (below[at] as number) + error * 5;
      below[at + 1] = (below[at + 1] as number) + error;
      const bit = column * bits;
      const byte = row * rowBytes + (bit >> 3);
      packed[byte] = (packed[byte] as number) | (level << (8 - bits - (bit & 7)));
    }
    [here, below] = [below, here];
    yield;
  }
  return packed;
}

function scale(sample: number, brightest: number): number {
  return Math.round((sample * brightest) / 255);
}
