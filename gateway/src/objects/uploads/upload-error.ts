/** Reasons to refuse an upload that are not faults of its content or of the disk. */
export type UploadErrorCode =
  /** Another connection continues it. */
  | 'replaced'
  /** It has ended already. */
  | 'over'
  /** An upload with the same token has acknowledged parts and is of something else. */
  | 'other'
  /** There are too many at once. */
  | 'too_many'
  /** The gateway is stopping. */
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
