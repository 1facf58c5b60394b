/** What was counted of one client since it came, whatever its protocol. */
export interface ClientCounts {
  /** Messages that it sent and that were taken. */
  received: number;
  /** Messages that were queued for it. */
  sent: number;
  /** Messages for it that it did not get, as it reads too slowly or they are too large for it. */
  lost: number;
}

/** Nothing yet. */
export function noCounts(): ClientCounts {
  return { received: 0, sent: 0, lost: 0 };
}
