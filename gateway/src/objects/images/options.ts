import { wholeNumber } from '../../common/whole-number.ts';
import { ImageError } from './image-error.ts';

/**
 * `contain` shows the whole image, `cover` fills the whole space. `rgb565`, `mono` and `gray4` are rows of pixels without a header, as
 * displays take them (the frames' specification, section 17).
 */
export const IMAGE_FITS = ['contain', 'cover'] as const;
export const IMAGE_FORMATS = ['rgb565', 'mono', 'gray4', 'jpeg', 'png'] as const;

export type ImageFit = (typeof IMAGE_FITS)[number];
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** How an image is requested. */
export interface ImageOptions {
  /** Pixels; if only one is given, the proportions are kept; if none is, the size. */
  width?: number;
  height?: number;
  /** Default `contain`. */
  fit?: ImageFit;
  /** Default: `png` for an image with transparent parts, `jpeg` for all others. */
  format?: ImageFormat;
}

/** The longest side that can be asked for, in pixels. */
export const MAX_SIDE = 4096;

/**
 * The options of an image request in a URL: `width`, `height`, `fit`, `format`; other parameters are ignored. Undefined if there is none of
 * them. Throws ImageError `bad_options`.
 */
export function parseImageOptions(query: Readonly<Record<string, unknown>>): ImageOptions | undefined {
  const options: ImageOptions = {};
  for (const name of ['width', 'height'] as const) {
    const given = query[name];
    if (given !== undefined) options[name] = sideOf(name, typeof given === 'string' ? wholeNumber(given) : given);
  }
  if (query.fit !== undefined) options.fit = oneOf('fit', IMAGE_FITS, query.fit);
  if (query.format !== undefined) options.format = oneOf('format', IMAGE_FORMATS, query.format);
  return Object.keys(options).length > 0 ? options : undefined;
}

/** The options of a Fetch frame, by number; format 0 is the default. Throws ImageError `bad_options`. */
export function imageOptionsOf(fetch: {
  width: number | null;
  height: number | null;
  fit: number | null;
  format: number | null;
}): ImageOptions {
  const options: ImageOptions = {};
  if (fetch.width !== null) options.width = sideOf('width', fetch.width);
  if (fetch.height !== null) options.height = sideOf('height', fetch.height);
  if (fetch.fit !== null) options.fit = oneOf('fit', IMAGE_FITS, IMAGE_FITS[fetch.fit]);
  if (fetch.format) options.format = oneOf('format', IMAGE_FORMATS, IMAGE_FORMATS[fetch.format - 1]);
  return options;
}

/** Options with the same meaning give the same text. */
export function nameOf({ width, height, fit = 'contain', format }: ImageOptions): string {
  return `${width ?? ''}x${height ?? ''}-${fit}-${format ?? ''}`;
}

function sideOf(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_SIDE) return value;
  throw new ImageError('bad_options', `The ${name} of an image is a whole number of pixels from 1 to ${MAX_SIDE}.`);
}

function oneOf<T extends string>(name: string, known: readonly T[], value: unknown): T {
  const found = known.find((each) => each === value);
  if (found !== undefined) return found;
  throw new ImageError('bad_options', `The ${name} of an image is one of ${known.join(', ')}.`);
}
