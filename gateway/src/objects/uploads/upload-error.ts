/** What an upload cannot go on for, though nothing is wrong with its content or the disk. */
export type UploadErrorCode =
  /** Another connection goes on with it. */
  | 'replaced'
  /** It was ended before. */
  | 'over'
  /** One of the same name has acknowledged parts, and is of something else. */
  | 'other'
  /** There are more at once than there may be. */
  | 'too_many'
  /** The gateway stops. */
  | 'stopping';

/** The message is one sentence for a person. */
export class UploadError extends Error {
  readonly code: UploadErrorCode;

  constructor(code: UploadErrorCode, message: string) {
    super(message);
    this.name = 'UploadError';
    this.code = code;
  }
}
