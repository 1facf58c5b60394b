export type ImageErrorCode =
  /** An option that does not exist, or whose value is out of its range. */
  | 'bad_options'
  /** No image, one of a format that is not read, or a damaged one. */
  | 'not_an_image'
  /** More bytes or pixels than are taken, or than may be made. */
  | 'too_large'
  /** It took too long. */
  | 'timeout'
  /** Too many wait already; later it may work. */
  | 'busy'
  /** Images cannot be converted on this machine. */
  | 'unavailable';

/** Why an image could not be converted; the message is one sentence for a person. */
export class ImageError extends Error {
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ImageError';
    this.code = code;
  }
}
