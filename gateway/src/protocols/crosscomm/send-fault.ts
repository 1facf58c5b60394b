import type { Admission } from '../../access/admission.ts';
import { mayCarry } from '../../access/calls.ts';
import { deny } from '../../access/denial.ts';
import type { Principal } from '../../access/principal.ts';
import type { ErrorCode } from '../../common/errors.ts';
import { withoutPassword } from '../../hub/address.ts';
import type { Message } from '../../hub/message.ts';
import type { Envelope } from './envelope-codec.ts';

/** Why a message of so many bytes is not sent on, with the code for the log; undefined where it is. `message`: undefined for an unknown type. */
export function sendFault(
  access: Admission,
  principal: Principal | undefined,
  { to, type }: Envelope,
  message: Message | undefined,
  bytes: number,
): { code: ErrorCode; why: string } | undefined {
  if (principal === undefined || !access.maySend(principal, to)) {
    return deny('not_allowed', `the client may not send to ${withoutPassword(to)}`);
  }
  if (message === undefined) return { code: 'PEER_MALFORMED', why: `its type ${type.slice(0, 40)} is not known` };
  const { objectKey, body } = message;
  if (!mayCarry(access, principal, to, body)) {
    return deny('not_allowed', `the client may not call ${withoutPassword(to)}`);
  }
  if (objectKey !== undefined && !access.mayUpload(principal, objectKey)) {
    return deny('not_allowed', 'the client may not send files of this key');
  }
  return access.quotas.spend(principal, bytes, to);
}
