import type { Denial } from '../access/denial.ts';
import { type ErrorCode, GatewayError } from '../common/errors.ts';

/** The HTTP status of each fault that a request can have. */
const STATUS = {
  PEER_MALFORMED: 400,
  PEER_BAD_NAME: 400,
  PEER_NOT_ALLOWED: 403,
  PEER_TLS: 403,
  PEER_NOT_FOUND: 404,
  PEER_NAME_TAKEN: 409,
  PEER_OUTDATED: 409,
  PEER_TOO_LARGE: 413,
  PEER_IMAGE_CUT: 400,
  PEER_TOO_MANY: 503,
  PEER_TOO_SLOW: 503,
  PEER_TIMEOUT: 504,
  // Nobody is there to read it.
  PEER_GONE: 400,
  MESSAGES_FULL: 507,
  OBJECTS_FULL: 507,
  OBJECTS_UNAVAILABLE: 503,
  DATA_DIR_UNUSABLE: 507,
  OBJECTS_DAMAGED: 500,
  BACKUP_FAILED: 500,
  FLASH_TOOL_MISSING: 501,
  INTERNAL: 500,
} as const satisfies Partial<Record<ErrorCode, number>>;

/** A request that is answered with an error: its code, one sentence for a person, and the HTTP status that goes with it. */
export class RequestError extends GatewayError {
  readonly status: number;

  constructor(code: keyof typeof STATUS, message: string, status: number = STATUS[code]) {
    super(code, message);
    this.name = 'RequestError';
    this.status = status;
  }
}

/** The answer to a request for which its sender's quota has no room. */
export function overQuota({ code, why }: Denial): RequestError {
  return new RequestError(code, `It was refused: ${why}.`, 429);
}
