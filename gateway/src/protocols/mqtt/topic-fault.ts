import { REASON, type ReasonCode } from '../../mqtt-engine/codec/reason-codes.ts';
import type { ShapeFault } from './shape-fault.ts';

/** Why a client may not publish or subscribe somewhere, with the code that the log has for it. */
export interface TopicFault {
  readonly code: 'PEER_BAD_NAME' | 'PEER_NOT_ALLOWED' | 'PEER_TOO_MANY';
  /** Part of a sentence, without its end. */
  readonly why: string;
  /** A rule of its roles forbids it, which may change; otherwise nobody may. */
  readonly isByRule?: boolean;
}

/** What MQTT 5 calls it. */
export function publishReason({ code }: TopicFault | ShapeFault): ReasonCode {
  return code === 'PEER_BAD_NAME' ? REASON.badTopicName : REASON.notAuthorized;
}

export function subscribeReason({ code }: TopicFault): ReasonCode {
  if (code === 'PEER_TOO_MANY') return REASON.quotaExceeded;
  return code === 'PEER_BAD_NAME' ? REASON.badTopicFilter : REASON.notAuthorized;
}

export function badName(why: string): TopicFault {
  return { code: 'PEER_BAD_NAME', why };
}

export function notAllowed(why: string): TopicFault {
  return { code: 'PEER_NOT_ALLOWED', why };
}

export function byRule(why: string): TopicFault {
  return { code: 'PEER_NOT_ALLOWED', why, isByRule: true };
}
