import type { ErrorCode } from '../common/errors.ts';
import type { SubscribeOutcome } from '../hub/contract.ts';
import type { Protocol } from '../hub/session.ts';

/** Why a client or a subscription is refused, with the code that the log has for it, the same for all protocols. */
export const DENIAL_CODES = {
  /** No client or channel can have this name. */
  bad_name: 'PEER_BAD_NAME',
  /** The name is reserved for the gateway. */
  reserved: 'PEER_BAD_NAME',
  /** Another client has the name. */
  taken: 'PEER_NAME_TAKEN',
  /** The password is wrong, or the name has none. */
  password: 'PEER_NOT_ALLOWED',
  /** The channel has another password. */
  private: 'PEER_NOT_ALLOWED',
  not_allowed: 'PEER_NOT_ALLOWED',
  /** The limit is reached: of the channels of a client, or of sessions on disk. */
  too_many: 'PEER_TOO_MANY',
  /** So many clients want to join that the answer took too long. */
  busy: 'PEER_TOO_MANY',
  /** It is not online, or not any more. */
  not_joined: 'PEER_NOT_ALLOWED',
  /** A fault of the gateway. */
  failed: 'INTERNAL',
} as const satisfies Record<string, ErrorCode>;

export type DenialReason = keyof typeof DENIAL_CODES;
export type DenialCode = (typeof DENIAL_CODES)[DenialReason];

/** A refusal. Each protocol makes its own answer from `reason`, and reports `code`. */
export interface Denial {
  readonly reason: DenialReason;
  readonly code: DenialCode;
  /** Part of a sentence for a person, without a full stop. It contains no secret. */
  readonly why: string;
  /** For `taken`: the protocol of the client that has the name, or `channel`. */
  readonly by?: Protocol | 'channel' | undefined;
  /** For `password`: its credential is right, and another account owns the id. */
  readonly isProven?: boolean | undefined;
}

export function deny(reason: DenialReason, why: string, by?: Protocol | 'channel'): Denial {
  return { reason, code: DENIAL_CODES[reason], why, by };
}

/** The id is another account's; `isProven`: the credential was right. */
export function owned(isProven = true): Denial {
  return { ...deny('password', 'the id belongs to an account, whose password or token it needs'), isProven };
}

/** The id is the gateway's. */
export function reserved(): Denial {
  return deny('reserved', 'the id belongs to the gateway itself');
}

/** `by`: the protocol of the client that has the id, or `channel`. */
export function taken(by: Protocol | 'channel'): Denial {
  const why =
    by === 'channel'
      ? 'it is the name of a channel that others subscribe to'
      : `a client that came by ${by} has this id`;
  return deny('taken', why, by);
}

/** What an outcome of `Hub.subscribe` is to whoever asked; undefined where it is subscribed. */
export const SUBSCRIBE_DENIALS: Record<SubscribeOutcome, Denial | undefined> = {
  subscribed: undefined,
  already: undefined,
  malformed: deny('bad_name', 'no channel can have this name'),
  wrong_password: deny('private', 'the channel has another password'),
  too_many: deny('too_many', 'a client may not subscribe to more channels'),
  not_joined: deny('not_joined', 'it is not online'),
};
