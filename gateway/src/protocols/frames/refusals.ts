import type { CodeName } from '@crosscomm/protocol';
import type { DenialReason } from '../../access/denial.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { Refusal } from '../../hub/receipt.ts';

/** What a device is told of a message that reached nobody. */
export const REFUSALS: Record<Refusal, CodeName> = {
  no_recipient: 'no_recipient',
  not_allowed: 'not_allowed',
  too_large: 'too_large',
  queue_full: 'queue_full',
  store_full: 'storage_full',
  bad_name: 'name_invalid',
  closed: 'offline',
  timeout: 'timeout',
};

/** What the log calls a refusal; any other is PEER_NOT_ALLOWED. */
export const INCIDENTS: Partial<Record<CodeName, ErrorCode>> = {
  storage_full: 'MESSAGES_FULL',
  too_many: 'PEER_TOO_MANY',
  name_invalid: 'PEER_BAD_NAME',
};

/** What it is told of a subscription that it may not have. */
export const SUBSCRIBE_FAULTS: Partial<Record<DenialReason, CodeName>> = {
  bad_name: 'name_invalid',
  private: 'not_allowed',
  not_allowed: 'not_allowed',
  too_many: 'too_many',
};
