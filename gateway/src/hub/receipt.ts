/**
 * Why a message did not reach a recipient, or any recipient. `store_full`: it was to be retained or scheduled, and there is no room.
 * `bad_name`: no channel can have the name that it was sent to.
 */
export type Refusal =
  | 'no_recipient'
  | 'not_allowed'
  | 'too_large'
  | 'queue_full'
  | 'closed'
  | 'store_full'
  | 'bad_name';

/** What the hub answers to a sender about one message. */
export interface Receipt {
  /** How many recipients have it in their queue; subscribers of the MQTT broker count too. */
  delivered: number;
  /** How many recipients should have got it and did not. */
  refused: number;
  /** The first reason; undefined if every recipient got it. */
  reason: Refusal | undefined;
  /** The time it will be sent, for a message that was scheduled; milliseconds since 1970. */
  dueMs?: number;
}

/** A receipt for a message that no client got. */
export function refusedReceipt(reason: Refusal): Receipt {
  return { delivered: 0, refused: 0, reason };
}
