import { ObjectError, type ObjectErrorCode } from '../objects/contract.ts';

/** An answer that is an error, as OSS words and numbers them. */
export class OssError extends Error {
  readonly status: number;
  /** OSS's own word for it: `NoSuchKey`. */
  readonly code: string;
  /** What the answer has besides Code, Message, RequestId and HostId. */
  readonly details: Readonly<Record<string, string>>;
  /** Headers of the answer, besides those that every error has. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'OssError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

const FROM_STORE: Record<ObjectErrorCode, [status: number, code: string]> = {
  bad_key: [400, 'InvalidObjectName'],
  too_large: [400, 'EntityTooLarge'],
  wrong_size: [400, 'IncompleteBody'],
  wrong_digest: [400, 'InvalidDigest'],
  cut: [400, 'IncompleteBody'],
  exists: [409, 'FileAlreadyExists'],
  wrong_position: [409, 'PositionNotEqualToLength'],
  not_appendable: [409, 'ObjectNotAppendable'],
  full: [507, 'InsufficientStorage'],
  corrupt: [500, 'InternalError'],
  unavailable: [503, 'ServiceUnavailable'],
  refused: [502, 'BadGateway'],
  not_allowed: [403, 'AccessDenied'],
};

/** The answer for any thrown error; an unexpected one becomes InternalError. */
export function toOssError(error: unknown): OssError {
  if (error instanceof OssError) return error;
  if (error instanceof ObjectError) {
    const [status, code] = FROM_STORE[error.code];
    return new OssError(status, code, error.message);
  }
  return new OssError(500, 'InternalError', 'The gateway failed on this request; its log says more.');
}

/** The error for an invalid value in the query or in a header. */
export function invalidArgument(name: string, value: string, message: string): OssError {
  return new OssError(400, 'InvalidArgument', message, { ArgumentName: name, ArgumentValue: value });
}

export function noSuchKey(key: string): OssError {
  return new OssError(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });
}

/** The error for a feature of OSS that the gateway does not have. */
export function notImplemented(what: string): OssError {
  return new OssError(
    501,
    'NotImplemented',
    `This gateway does not have ${what}; its documentation lists what it has.`,
  );
}
