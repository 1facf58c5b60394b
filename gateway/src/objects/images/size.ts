import { ImageError } from './image-error.ts';
import type { ImageFit, ImageOptions } from './options.ts';

export interface Size {
  width: number;
  height: number;
}

/**
 * The size of the result for an upright image of `source` pixels. `exactly`: the requested size, with borders if the proportions differ;
 * otherwise the largest size without borders that is not larger than the source. Throws ImageError `too_large`.
 */
export function sizeOf(
  source: Size,
  { width, height, fit = 'contain' }: ImageOptions,
  exactly: boolean,
  maxPixels: number,
): Size {
  const size = wanted(source, width, height, fit, exactly);
  if (size.width * size.height <= maxPixels) return size;
  throw new ImageError('too_large', `An image of ${size.width}x${size.height} would be over ${maxPixels} pixels.`);
}

function wanted(
  source: Size,
  width: number | undefined,
  height: number | undefined,
  fit: ImageFit,
  exactly: boolean,
): Size {
  if (width !== undefined && height !== undefined && (exactly || fit === 'cover')) return { width, height };
  const most = exactly ? Number.POSITIVE_INFINITY : 1;
  const scale = Math.min(
    (width ?? Number.POSITIVE_INFINITY) / source.width,
    (height ?? Number.POSITIVE_INFINITY) / source.height,
  );
  const factor = Number.isFinite(scale) ? Math.min(scale, most) : 1;
  return { width: atLeastOne(source.width * factor), height: atLeastOne(source.height * factor) };
}

function atLeastOne(side: number): number {
  return Math.max(1, Math.round(side));
}
