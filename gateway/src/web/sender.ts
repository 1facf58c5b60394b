import { clientIdFault, MAX_CLIENT_ID_LENGTH } from '../common/names.ts';
import type { SessionContext } from '../protocols/context.ts';
import { RequestError } from './request-error.ts';

/** What a URL or a form easily has by mistake, beyond the rule for all client ids: blanks, and what MQTT gives a meaning to. */
const NOT_IN_SENDER = /[\s#+]/;

/**
 * Throws a RequestError where a request from `peer`, an address, may not send under the name `sender`: one that is no name,
 * that of a client which is online, or one that the policy keeps.
 *
 * @param field what the request calls it
 */
export function checkSender(
  { hub, policy }: SessionContext,
  { sender, peer, field }: { sender: string; peer: string; field: string },
): void {
  if (clientIdFault(sender) !== undefined || NOT_IN_SENDER.test(sender) || hub.isReserved(sender)) {
    const rule = `at most ${MAX_CLIENT_ID_LENGTH} characters, no blanks, # or +, and none of the gateway's own names`;
    throw new RequestError('PEER_BAD_NAME', `That "${field}" cannot be used: ${rule}.`);
  }
  if (hub.session(sender)) {
    throw new RequestError('PEER_NAME_TAKEN', `Client ${sender} is online; only it may send under its name.`);
  }
  const verdict = policy.mayJoin({ id: sender, protocol: 'http', peer });
  if (!verdict.allowed) throw new RequestError('PEER_NOT_ALLOWED', `You may not send as ${sender}: ${verdict.why}.`);
}
