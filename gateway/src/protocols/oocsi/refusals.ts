import type { DenialReason } from '../../access/denial.ts';
import type { LeaveReason } from '../../hub/session.ts';
import type { Refusal } from './dialect-codec.ts';

/** WebSocket close codes, RFC 6455, section 7.4.1. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_GOING_AWAY = 1001;
export const CLOSE_POLICY = 1008;
export const CLOSE_CODES: Partial<Record<LeaveReason, number>> = { shutdown: CLOSE_GOING_AWAY, revoked: CLOSE_POLICY };

/** The text for each refusal; one that is not listed is reported as `busy`. */
export const REFUSALS: Partial<Record<DenialReason, Refusal>> = {
  bad_name: 'taken',
  reserved: 'taken',
  taken: 'taken',
  password: 'password',
  not_allowed: 'password',
};
