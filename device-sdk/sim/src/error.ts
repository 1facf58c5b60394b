/**
 * Whose fault it is, as a gateway's own errors say it: `CALL_INVALID` the call's; `INSTALL_INCOMPLETE` what is needed is not installed;
 * `SERIAL_PORT` a pseudo-terminal is not to be had.
 */
export type SimErrorCode = 'CALL_INVALID' | 'INSTALL_INCOMPLETE' | 'SERIAL_PORT';

/** What this package throws: a simulation that is not to be had. The message is a sentence that says what to do. */
export class SimError extends Error {
  override readonly name = 'SimError';
  /** What is wrong, for programs. */
  readonly code: SimErrorCode;

  constructor(message: string, code: SimErrorCode = 'CALL_INVALID') {
    super(message);
    this.code = code;
  }
}
