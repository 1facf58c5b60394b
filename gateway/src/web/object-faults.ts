import { ObjectError, type ObjectErrorCode } from '../objects/contract.ts';
import { UploadError, type UploadErrorCode } from '../objects/uploads/upload-error.ts';
import { RequestError } from './request-error.ts';

type Code = ConstructorParameters<typeof RequestError>[0];

const CODES: Record<ObjectErrorCode | UploadErrorCode, Code> = {
  bad_key: 'PEER_BAD_NAME',
  too_large: 'PEER_TOO_LARGE',
  wrong_size: 'PEER_MALFORMED',
  wrong_digest: 'PEER_MALFORMED',
  exists: 'PEER_NAME_TAKEN',
  full: 'OBJECTS_FULL',
  corrupt: 'OBJECTS_DAMAGED',
  unavailable: 'OBJECTS_UNAVAILABLE',
  refused: 'OBJECTS_UNAVAILABLE',
  replaced: 'PEER_NAME_TAKEN',
  over: 'PEER_NAME_TAKEN',
  too_many: 'PEER_TOO_MANY',
  stopping: 'PEER_TOO_MANY',
};

/** A fault of an object or an upload as what a request is answered with; any other error as it is. */
export function toRequestError(error: unknown): unknown {
  if (!(error instanceof ObjectError) && !(error instanceof UploadError)) return error;
  return new RequestError(CODES[error.code], error.message);
}
