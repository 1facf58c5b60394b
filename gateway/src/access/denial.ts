import type { ErrorCode } from '../common/errors.ts';
import type { Protocol } from '../hub/session.ts';

/** Why somebody is not let in, or may not have a channel, with the code that the log has for it, whatever the wire. */
export const DENIAL_CODES = {
  /** Nobody can be called so, or no channel. */
  bad_name: 'PEER_BAD_NAME',
  /** The name is one of the gateway's own. */
  reserved: 'PEER_BAD_NAME',
  /** Somebody else has the name. */
  taken: 'PEER_NAME_TAKEN',
  /** The password of the name is another, or it has none. */
  password: 'PEER_NOT_ALLOWED',
  /** The channel has another password. */
  private: 'PEER_NOT_ALLOWED',
  not_allowed: 'PEER_NOT_ALLOWED',
  /** As many as there may be: channels of one client, sessions on disk. */
  too_many: 'PEER_TOO_MANY',
  /** So many want to join that the answer took too long. */
  busy: 'PEER_TOO_MANY',
  /** It is not online, or not any more. */
  not_joined: 'PEER_NOT_ALLOWED',
  /** A fault of the gateway. */
  failed: 'INTERNAL',
} as const satisfies Record<string, ErrorCode>;

export type DenialReason = keyof typeof DENIAL_CODES;
export type DenialCode = (typeof DENIAL_CODES)[DenialReason];

/** A refusal. Each protocol makes its own wire's answer from `reason`, and reports `code`. */
export interface Denial {
  readonly reason: DenialReason;
  readonly code: DenialCode;
  /** Part of a sentence for a person, without its end. It tells no secret. */
  readonly why: string;
  /** Of `taken`: over which protocol somebody has the name, or that it is a channel. */
  readonly by?: Protocol | 'channel' | undefined;
}

export function deny(reason: DenialReason, why: string, by?: Protocol | 'channel'): Denial {
  return { reason, code: DENIAL_CODES[reason], why, by };
}
