import type { ObjectInfo } from '../contract.ts';
import type { ObjectReader } from '../elsewhere.ts';
import { nameOfObject } from '../file-name.ts';
import { type ConvertedImage, convert, DEFAULT_IMAGE_LIMITS, type ImageLimits } from './convert.ts';
import { ImageError } from './image-error.ts';
import { type ImageOptions, nameOf } from './options.ts';

export interface ImagesOptions extends ImageLimits {
  /** The cache of converted images, in bytes. */
  maxCachedBytes: number;
  /** How many conversions may wait for their turn. */
  maxWaiting: number;
}

/** Where images are read from. */
export type ImageSource = Pick<ObjectReader, 'head' | 'open'>;

export interface ImageVersion {
  etag: string;
  /** Time of the object, milliseconds since 1970. */
  modifiedMs: number;
  /** The size of the object that it is made from. */
  fileName: string;
}

export const DEFAULT_IMAGES_OPTIONS: ImagesOptions = {
  ...DEFAULT_IMAGE_LIMITS,
  maxCachedBytes: 8 * 1024 * 1024,
  maxWaiting: 32,
};

/**
 * Images of an object store in other sizes and formats. One image is converted at a time, as each may take tens of megabytes; the last
 * results are cached.
 */
export class Images {
  readonly #store: ImageSource;
  readonly #options: ImagesOptions;
  /** The most recently used is at the end. */
  readonly #cached = new Map<string, ConvertedImage>();
  readonly #running = new Map<string, Promise<ConvertedImage>>();
  #cachedBytes = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: ImageSource, options: ImagesOptions = DEFAULT_IMAGES_OPTIONS) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * The version of the image that would be returned, for clients that may have it already; undefined if there is no such object. `etag`
   * (without quotes) changes with the object and the options. Rejects with an ObjectError of the store.
   *
   * @param from where the object is read from: by default the store
   */
  async version(key: string, options: ImageOptions, from = this.#store): Promise<ImageVersion | undefined> {
    const info = await from.head(key);
    return info && versionOf(info, options);
  }

  /**
   * The image of an object as requested; undefined if there is no such object. Rejects with an ImageError, or an ObjectError of the store.
   */
  async get(
    key: string,
    options: ImageOptions,
    from = this.#store,
  ): Promise<(ConvertedImage & ImageVersion) | undefined> {
    const info = await from.head(key);
    if (info === undefined) return undefined;
    const version = versionOf(info, options);
    const id = `${version.etag} ${key}`;
    const cached = this.#cached.get(id);
    if (cached !== undefined) {
      this.#cached.delete(id);
      this.#cached.set(id, cached);
      return { ...cached, ...version };
    }
    let running = this.#running.get(id);
    if (running === undefined) {
      running = this.#queue(() => this.#convert(info, options, from)).finally(() => this.#running.delete(id));
      this.#running.set(id, running);
      running.then(
        (image) => this.#keep(id, image),
        () => {},
      );
    }
    return { ...(await running), ...version };
  }

  #queue(run: () => Promise<ConvertedImage>): Promise<ConvertedImage> {
    if (this.#running.size > this.#options.maxWaiting) {
      return Promise.reject(new ImageError('busy', 'Too many images wait to be converted; try again in a while.'));
    }
    const mine = this.#turn.then(run);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async #convert({ key, size }: ObjectInfo, options: ImageOptions, from: ImageSource): Promise<ConvertedImage> {
    const { maxInputBytes } = this.#options;
    if (size > maxInputBytes) {
      throw new ImageError('too_large', `The image has ${size} bytes; the most is ${maxInputBytes}.`);
    }
    const opened = await from.open(key);
    if (opened === undefined) throw new ImageError('not_an_image', 'The image was removed.');
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.stream) chunks.push(chunk);
    return convert(Buffer.concat(chunks), options, this.#options);
  }

  #keep(id: string, image: ConvertedImage): void {
    const { maxCachedBytes } = this.#options;
    if (image.bytes.length > maxCachedBytes) return;
    this.#cached.set(id, image);
    this.#cachedBytes += image.bytes.length;
    for (const [oldest, { bytes }] of this.#cached) {
      if (this.#cachedBytes <= maxCachedBytes) return;
      this.#cached.delete(oldest);
      this.#cachedBytes -= bytes.length;
    }
  }
}

function versionOf(info: ObjectInfo, options: ImageOptions): ImageVersion {
  return { etag: `${info.etag}-${nameOf(options)}`, modifiedMs: info.modifiedMs, fileName: nameOfObject(info) };
}
