import { createHash } from 'node:crypto';
import sharp from 'sharp';

export interface Scene {
  /** The colour into which black flows, from the left to the right: red, green and blue, 0 to 200. */
  colour: readonly [number, number, number];
  /** Default: 800 x 600, which is what the sketches ask their camera for. */
  width?: number;
  height?: number;
  /** 1 to 100; default: 80. */
  quality?: number;
}

/** A JPEG under noise, so that it is as large as a photo. The same scene gives the same photo. */
export function takePhoto({ colour, width = 800, height = 600, quality = 80 }: Scene): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  let noise = 1;
  for (let at = 0; at < pixels.length; at++) {
    noise = (noise * 25_173 + 13_849) % 65_536;
    const column = Math.floor(at / 3) % width;
    pixels[at] = ((colour[at % 3] ?? 0) * column) / width + noise / 2048;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
}

/** What a panel of `side` x `side` pixels has to get of it: red 5 bits, green 6, blue 5, the high byte first. */
export async function toPanel(photo: Buffer, side: number): Promise<Buffer> {
  const samples = await sharp(photo).resize(side, side, { fit: 'cover' }).raw().toBuffer();
  const pixels = Buffer.alloc(side * side * 2);
  for (let pixel = 0; pixel < side * side; pixel++) {
    const part = (colour: number, most: number): number =>
      Math.round(((samples[pixel * 3 + colour] ?? 0) * most) / 255);
    pixels.writeUInt16BE((part(0, 31) << 11) | (part(1, 63) << 5) | part(2, 31), pixel * 2);
  }
  return pixels;
}

/** Its SHA-256, in hex. */
export function shaOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
