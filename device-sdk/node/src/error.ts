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

/** How a server closed a connection. */
export interface Closing {
  /** The WebSocket's code: 1006 where it was broken off. */
  code: number;
  /** What the server said; mostly empty. */
  reason: string;
}

/** What may be known of an error beside its code. */
export interface CrossCommErrorDetails extends ErrorOptions {
  reason?: string | undefined;
  closed?: Closing | undefined;
  channels?: readonly string[] | undefined;
}

/** What this package throws. Its message is a sentence that says what to do. */
export class CrossCommError extends Error {
  override readonly name = 'CrossCommError';
  /** What is wrong, for programs. */
  readonly code: CrossCommErrorCode;
  /** Why, in words of the server or the system: half a sentence. */
  readonly reason: string | undefined;
  /** Of a login: how the server closed the connection, where it had opened it. */
  readonly closed: Closing | undefined;
  /** Of a subscription: the channels that are refused. */
  readonly channels: readonly string[] | undefined;

  constructor(code: CrossCommErrorCode, message: string, details: CrossCommErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.reason = details.reason;
    this.closed = details.closed;
    this.channels = details.channels;
  }
}
