import type { ErrorCode } from '../common/errors.ts';

/** Something a peer did wrong. */
export interface Incident {
  /** The listener or protocol it came by: its configuration key, where it has one. */
  door: string;
  /** The client's id, or its address while it has none. */
  who: string;
  code: ErrorCode;
  /** One sentence: what was wrong, and what to do. */
  message: string;
}
