/** Who sent something that outlives its connection, as it is written down with it. */
export interface Sender {
  readonly id: string;
  /** The account that it belonged to; undefined if it was anonymous. */
  readonly account: string | undefined;
}

/** What the hub asks of whoever knows the rules, of messages that wait or go to another gateway: never on the way of most. */
export interface Guard {
  /** Whether a message that waited for its time may be sent now to `to`, a channel or client. */
  maySendNow(sender: Sender, to: string): boolean;
  /** Whether it may remove what another account retains. */
  mayClear(sender: Sender): boolean;
  /** Whether a client of this account, at another gateway, may be sent what is for `id`: not where the id is another account's here. */
  mayHave(id: string, account: string | undefined): boolean;
}

/** Lets everything pass, as long as nobody knows any rules. */
export const OPEN_GUARD: Guard = { maySendNow: () => true, mayClear: () => true, mayHave: () => true };
