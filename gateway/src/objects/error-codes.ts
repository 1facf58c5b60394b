import type { ErrorCode } from '../common/errors.ts';
import { ObjectError, type ObjectErrorCode } from './contract.ts';
import { UploadError, type UploadErrorCode } from './uploads/upload-error.ts';

const CODES = {
  bad_key: 'PEER_BAD_NAME',
  too_large: 'PEER_TOO_LARGE',
  wrong_size: 'PEER_MALFORMED',
  wrong_digest: 'PEER_MALFORMED',
  cut: 'PEER_IMAGE_CUT',
  exists: 'PEER_NAME_TAKEN',
  wrong_position: 'PEER_MALFORMED',
  not_appendable: 'PEER_NAME_TAKEN',
  full: 'OBJECTS_FULL',
  corrupt: 'OBJECTS_DAMAGED',
  unavailable: 'OBJECTS_UNAVAILABLE',
  refused: 'OBJECTS_UNAVAILABLE',
  not_allowed: 'PEER_NOT_ALLOWED',
  replaced: 'PEER_NAME_TAKEN',
  over: 'PEER_NAME_TAKEN',
  other: 'PEER_NAME_TAKEN',
  too_many: 'PEER_TOO_MANY',
  stopping: 'PEER_TOO_MANY',
} as const satisfies Record<ObjectErrorCode | UploadErrorCode, ErrorCode>;

/** The gateway's error code for each error of objects and uploads. */
export function errorCodeOf(code: ObjectErrorCode | UploadErrorCode): (typeof CODES)[keyof typeof CODES] {
  return CODES[code];
}

/** The code that logs and answers show for an error of an object or an upload; undefined for any other error. */
export function codeOfFault(error: unknown): (typeof CODES)[keyof typeof CODES] | undefined {
  return error instanceof ObjectError || error instanceof UploadError ? errorCodeOf(error.code) : undefined;
}
