/**
 * Why bytes are no frame (SPEC.md, section 14), why a frame cannot be written (the same names), why a text is no JSON
 * (`bad_json`), or which number nobody declared (`unknown_key`).
 */
export type FrameErrorCode =
  | 'too_large'
  | 'not_a_frame'
  | 'truncated'
  | 'trailing'
  | 'unsupported'
  | 'too_deep'
  | 'too_many_items'
  | 'bad_text'
  | 'bad_key'
  | 'duplicate_key'
  | 'bad_field'
  | 'bad_json'
  | 'unknown_key';

/** The one error that this package throws. Its message is a sentence for a person. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly code: FrameErrorCode;
  /** The number that `unknown_key` is about. */
  readonly key: number | undefined;
  /** The field that `bad_field` is about, such as `deviceId`. */
  readonly field: string | undefined;

  constructor(code: FrameErrorCode, message: string, about: { key?: number; field?: string } = {}) {
    super(message);
    this.code = code;
    this.key = about.key;
    this.field = about.field;
  }
}
