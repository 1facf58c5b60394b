import { type ErrorCode, GatewayError } from '../common/errors.ts';

/** A simulation that is not to be had: by the call, unless `code` says otherwise. The message is a sentence. */
export class SimError extends GatewayError {
  constructor(
    message: string,
    code: Extract<ErrorCode, 'CALL_INVALID' | 'INSTALL_INCOMPLETE' | 'SERIAL_PORT'> = 'CALL_INVALID',
  ) {
    super(code, message);
  }
}
