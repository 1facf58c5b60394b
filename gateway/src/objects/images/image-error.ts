export type ImageErrorCode =
  /** An option that does not exist, or a value out of range. */
  | 'bad_options'
  /** Not an image, in an unsupported format, or damaged. */
  | 'not_an_image'
  /** More bytes or pixels than are accepted, or than may be made. */
  | 'too_large'
  /** It took too long. */
  | 'timeout'
  /** Too many images are waiting; it may work later. */
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
