/**
 * Why a message did not reach a recipient, or any recipient. `store_full`: it was to be retained or scheduled, and there is no room.
 * `bad_name`: no channel can have the name that it was sent to. `timeout`: the gateway that has the recipient did not answer in time, or could
 * not be reached.
 */
export type Refusal =
  | 'no_recipient'
  | 'not_allowed'
  | 'too_large'
  | 'queue_full'
  | 'closed'
  | 'store_full'
  | 'bad_name'
  | 'timeout';

/** What the hub answers to a sender about one message. */
export interface Receipt {
  /** How many recipients have it in their queue; subscribers of the MQTT broker count too. */
  delivered: number;
  /** How many recipients should have got it and did not. */
  refused: number;
  /** The first reason; undefined if every recipient got it. */
  reason: Refusal | undefined;
  /** Why it was refused, as part of a sentence, where it is not what messages there must be; `reason` is `not_allowed` then. */
  misfit?: string;
  /** The time it will be sent, for a message that was scheduled; milliseconds since 1970. */
  dueMs?: number;
  /** For a message to a client of another gateway: what became of it there, which is not in the other fields. Never rejects. */
  forwarded?: Promise<Receipt>;
}

/** Calls `tell` with what became of a message: before this returns, or once another gateway has answered. */
export function whenKnown(receipt: Receipt, tell: (receipt: Receipt) => void): void {
  if (receipt.forwarded === undefined) tell(receipt);
  else void receipt.forwarded.then(tell);
}

/** How many recipients have a message as far as is known now; one at another gateway counts. */
export function reachedBy({ delivered, forwarded }: Receipt): number {
  return forwarded === undefined ? delivered : delivered + 1;
}

/** A receipt for a message that no client got. */
export function refusedReceipt(reason: Refusal): Receipt {
  return { delivered: 0, refused: 0, reason };
}
