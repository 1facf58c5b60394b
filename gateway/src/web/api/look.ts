import type { SendOptions } from '../../hub/contract.ts';
import type { Hub } from '../../hub/hub.ts';
import type { Message } from '../../hub/message.ts';
import type { Receipt } from '../../hub/receipt.ts';

/** How a message was sent, as far as it matters to whoever may look at it. */
export type LookedAt = Pick<SendOptions, 'passwords' | 'ingress' | 'account'>;

/** A message that was looked at. */
export interface Look {
  readonly message: Message;
  /**
   * Of one that went to one client alone: the accounts that its sender and that client had then, who may be others when it is shown. undefined: it
   * went to a channel.
   */
  readonly between: readonly string[] | undefined;
  /** Who got it, of other matchers as well. */
  readonly receipt: Readonly<Receipt>;
}

/** What an observer may show of a message; undefined for one to a private channel, which is for its subscribers alone. */
export function lookAt(hub: Hub, message: Message, receipt: Receipt, how: LookedAt): Look | undefined {
  const { from, to } = message;
  if (hub.isPrivate(to) || hub.privateNameOf(to, how) !== undefined) return undefined;
  if (hub.session(to) === undefined) {
    return { message, between: undefined, receipt: withReach(receipt, how.ingress?.reach(to) ?? 0) };
  }
  const sender = hub.session(from) === undefined ? how.account : hub.client(from)?.account;
  const accounts = [sender, hub.client(to)?.account];
  return { message, between: accounts.filter((account) => account !== undefined), receipt };
}

/** The receipt of a message that comes from another matcher, with those who get it there. */
function withReach(receipt: Receipt, reach: number): Receipt {
  if (reach === 0) return receipt;
  const reason = receipt.reason === 'no_recipient' ? undefined : receipt.reason;
  return { delivered: receipt.delivered + reach, refused: receipt.refused, reason };
}
