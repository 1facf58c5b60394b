import type { Principal } from '../access/principal.ts';
import { MAX_CLIENT_ID_LENGTH } from '../common/names.ts';
import type { SessionContext } from '../protocols/context.ts';
import { type Asker, identify } from './identify.ts';
import { RequestError } from './request-error.ts';

/** What a URL or a form easily has by mistake, beyond the rule for all client ids: blanks, and what MQTT gives a meaning to. */
const NOT_IN_SENDER = /[\s#+]/;

/**
 * Who a request is under the name `sender`. Rejects with a RequestError where it may not send under it: one
 * that is no name, that of a client which is online, or one that needs a proof.
 *
 * @param field what the request calls it
 */
export async function identifySender(
  context: SessionContext,
  { sender, field, ...asker }: Asker & { sender: string; field: string },
): Promise<Principal> {
  const rule = `at most ${MAX_CLIENT_ID_LENGTH} characters, no blanks, # or +, and none of the gateway's own names`;
  const wireFault = NOT_IN_SENDER.test(sender) ? 'a blank, # or + in a name' : undefined;
  const principal = await identify(context, { ...asker, id: sender, wireFault }, ({ code, why }) =>
    code === 'PEER_BAD_NAME' ? `That "${field}" cannot be used: ${rule}.` : `You may not send as ${sender}: ${why}.`,
  );
  const denial = context.access.borrow(principal);
  if (denial) throw new RequestError(denial.code, `Client ${sender} is online; only it may send under its name.`);
  return principal;
}
