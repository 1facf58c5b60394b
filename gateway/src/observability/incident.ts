import type { ErrorCode } from '../common/errors.ts';

/** Something that a client did wrong. */
export interface Incident {
  /** The listener or protocol, by its configuration key if it has one. The name is that of the field in logs. */
  door: string;
  /** The client's id, or its address while it has none. */
  who: string;
  code: ErrorCode;
  /** One sentence: what was wrong, and what to do. */
  message: string;
}
