import { mayCarry } from '../access/calls.ts';
import type { Principal } from '../access/principal.ts';
import { channelFault } from '../common/names.ts';
import type { SendOptions } from '../hub/contract.ts';
import { type Kind, Message } from '../hub/message.ts';
import type { Receipt } from '../hub/receipt.ts';
import { trafficOf } from '../observability/traffic.ts';
import type { SessionContext } from '../protocols/context.ts';
import { overQuota, RequestError } from './request-error.ts';

/** What a request wants sent, by the names that its sender has for it. */
export interface WantedMessage {
  /** A channel or a client. What follows a colon is the password of a private channel. */
  to: string;
  kind: Kind;
  body: string;
  /** The address that the request came from, without a port. */
  address: string;
  options?: SendOptions | undefined;
}

/**
 * Sends a message of somebody who is not online. Rejects with a RequestError where it may not be sent, or where it was to be kept and there is no
 * room for it.
 */
export async function sendMessage(
  { access, hub, clock, metrics }: SessionContext,
  principal: Principal,
  { to: written, kind, body, address, options }: WantedMessage,
): Promise<Receipt> {
  const { id: from, account, protocol } = principal;
  const to = principal.outward(written);
  const fault = channelFault(to);
  if (fault !== undefined) throw new RequestError('PEER_BAD_NAME', `Nothing can be sent there: ${fault}.`);
  if (!access.maySend(principal, to, 'address') || !mayCarry(access, principal, to, body, 'address')) {
    throw new RequestError('PEER_NOT_ALLOWED', `${from} may not send this to ${to}.`);
  }
  const over = access.quotas.spend(principal, body.length, to);
  if (over !== undefined) throw overQuota(over);
  const message = new Message({ from, to, kind, body, timestampMs: clock.now() });
  trafficOf(metrics, protocol).received.value++;
  const receipt = hub.send(message, { ...options, passwords: true, address, account, protocol });
  if (receipt.misfit !== undefined) {
    throw new RequestError('PEER_NOT_ALLOWED', `${from} may not send this to ${to}: ${receipt.misfit}.`);
  }
  if (receipt.reason === 'store_full') {
    throw new RequestError('MESSAGES_FULL', `There is no room to keep a message of ${from} to ${to}; nobody got it.`);
  }
  return (await receipt.forwarded) ?? receipt;
}
