import { codeOfFault } from '../../objects/error-codes.ts';
import { RequestError } from '../request-error.ts';

/** A fault of an object or an upload as what a request is answered with; any other error as it is. */
export function toRequestError(error: unknown): unknown {
  const code = codeOfFault(error);
  return code === undefined ? error : new RequestError(code, (error as Error).message);
}
