import type { CodeName } from '@crosscomm/protocol';

/**
 * Why something did not work: a code of the gateway's (docs of @crosscomm/protocol, section 9), or
 * `unreachable`: nothing answers at the address; `not_logged_in`: `login` first; `bad_content`: not what the message type asks
 * for; `no_gateway`: @crosscomm/gateway is not installed; `wrong_role`: a client's method of a server, or the reverse.
 */
export type CrossCommErrorCode =
  | CodeName
  | 'unreachable'
  | 'not_logged_in'
  | 'bad_content'
  | 'no_gateway'
  | 'wrong_role';

/** What this package throws. Its message is a sentence that says what to do. */
export class CrossCommError extends Error {
  override readonly name = 'CrossCommError';
  readonly code: CrossCommErrorCode;

  constructor(code: CrossCommErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
