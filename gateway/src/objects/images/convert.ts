import type { Sharp, SharpOptions } from 'sharp';
import { ImageError } from './image-error.ts';
import type { ImageFormat, ImageOptions } from './options.ts';
import { type Packing, packGray, packRgb565 } from './pixels.ts';
import { imagesFault } from './processor.ts';
import { type Size, sizeOf } from './size.ts';

/** Limits for one image. */
export interface ImageLimits {
  /** Size of the stored image in bytes. */
  maxInputBytes: number;
  /** Number of pixels when decoded. */
  maxInputPixels: number;
  /** The same for images that must be decoded as a whole: all except JPEG and PNG whose rows come in order. */
  maxWholePixels: number;
  maxOutputPixels: number;
  /** Time for decoding and scaling. */
  timeoutMs: number;
}

export const DEFAULT_IMAGE_LIMITS: ImageLimits = {
  maxInputBytes: 32 * 1024 * 1024,
  maxInputPixels: 64_000_000,
  maxWholePixels: 24_000_000,
  maxOutputPixels: 4_000_000,
  timeoutMs: 15_000,
};

export interface ConvertedImage extends Size {
  bytes: Uint8Array;
  contentType: string;
}

/** The formats of phones, cameras and browsers; libvips reads GIF with libnsgif. Its other readers are meant only for trusted files. */
const READERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((name) => `VipsForeignLoad${name}`);
const WHITE = { r: 255, g: 255, b: 255 };
const BLACK = { r: 0, g: 0, b: 0 };
/** How many pixels are packed in one turn of the event loop. */
const TURN_PIXELS = 50_000;

/** Decodes an image, turns it upright, scales it and writes it in the requested format. Throws only ImageError. */
export async function convert(
  source: Uint8Array,
  options: ImageOptions,
  limits: ImageLimits = DEFAULT_IMAGE_LIMITS,
): Promise<ConvertedImage> {
  if (source.length > limits.maxInputBytes) {
    throw new ImageError('too_large', `The image has ${source.length} bytes; the most is ${limits.maxInputBytes}.`);
  }
  const open = await load();
  try {
    const { bytes, failOn } = readable(source);
    const input: SharpOptions = { limitInputPixels: limits.maxInputPixels, failOn, autoOrient: true };
    const metadata = await open(bytes, input).metadata();
    const { autoOrient, hasAlpha } = metadata;
    const isInOrder = !metadata.isProgressive && (metadata.format === 'jpeg' || metadata.format === 'png');
    if (!isInOrder && metadata.width * metadata.height > limits.maxWholePixels) {
      throw new ImageError('too_large', `An image of this kind may have ${limits.maxWholePixels} pixels.`);
    }
    const format = options.format ?? (hasAlpha ? 'png' : 'jpeg');
    const isBare = format === 'rgb565' || format === 'mono' || format === 'gray4';
    const size = sizeOf(autoOrient, options, isBare, limits.maxOutputPixels);
    const background = format === 'mono' || format === 'gray4' ? WHITE : BLACK;
    const fit = options.fit === 'cover' ? 'cover' : isBare ? 'contain' : 'fill';
    const image = open(bytes, input)
      .timeout({ seconds: Math.ceil(limits.timeoutMs / 1000) })
      .resize({ ...size, fit, background });
    return { ...(await write(image, format, background)), ...size };
  } catch (error) {
    throw toImageError(error, limits);
  }
}

const JPEG_START = Buffer.from('ffd8ff', 'hex');
const JPEG_SCAN = Buffer.from('ffda', 'hex');
const JPEG_END = Buffer.from('ffd9', 'hex');

/**
 * A camera may leave out the end marker of a complete JPEG. The marker is then added, and the image must have no other error, as a missing
 * end is also the sign of an image that was cut off.
 */
function readable(source: Uint8Array): { bytes: Uint8Array; failOn: 'error' | 'warning' } {
  const image = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const isWhole =
    !image.subarray(0, 3).equals(JPEG_START) || image.lastIndexOf(JPEG_END) > image.lastIndexOf(JPEG_SCAN);
  return isWhole ? { bytes: source, failOn: 'error' } : { bytes: Buffer.concat([image, JPEG_END]), failOn: 'warning' };
}

async function write(
  image: Sharp,
  format: ImageFormat,
  background: typeof WHITE,
): Promise<Pick<ConvertedImage, 'bytes' | 'contentType'>> {
  if (format === 'png') return { bytes: await image.png().toBuffer(), contentType: 'image/png' };
  const opaque = image.flatten({ background });
  if (format === 'jpeg') return { bytes: await opaque.jpeg().toBuffer(), contentType: 'image/jpeg' };
  const isGray = format !== 'rgb565';
  const { data, info } = await (isGray ? opaque.grayscale() : opaque.toColourspace('srgb'))
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const pixels = { samples: data, width: info.width, height: info.height };
  const packing = isGray ? packGray(pixels, format === 'mono' ? 1 : 4) : packRgb565(pixels);
  return { bytes: await run(packing, info.width), contentType: 'application/octet-stream' };
}

/** Packs an image, with pauses for everything else. */
async function run(packing: Packing, width: number): Promise<Uint8Array> {
  for (let pixels = 0; ; pixels += width) {
    const { done, value } = packing.next();
    if (done) return value;
    if (pixels < TURN_PIXELS) continue;
    pixels = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

let loading: Promise<(source: Uint8Array, options: SharpOptions) => Sharp> | undefined;

/** Sharp takes a while to load, so it is loaded with the first image. */
async function load(): Promise<(source: Uint8Array, options: SharpOptions) => Sharp> {
  const fault = imagesFault();
  if (fault) throw new ImageError('unavailable', fault);
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.cache(false);
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: READERS });
    return (source, options) => sharp(source, options);
  });
  try {
    return await loading;
  } catch (cause) {
    loading = undefined;
    throw new ImageError('unavailable', 'Images cannot be converted here: sharp is not installed for this machine.', {
      cause,
    });
  }
}

function toImageError(error: unknown, limits: ImageLimits): ImageError {
  if (error instanceof ImageError) return error;
  const { message } = error as Error;
  if (message.includes('pixel limit')) {
    return new ImageError('too_large', `The image has over ${limits.maxInputPixels} pixels.`, { cause: error });
  }
  if (message.includes('timeout')) {
    return new ImageError('timeout', `The image took over ${limits.timeoutMs} ms.`, { cause: error });
  }
  return new ImageError('not_an_image', 'This is no image that can be read, or it is damaged.', { cause: error });
}
