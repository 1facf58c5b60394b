/** Who has a client id, of all gateways: what follows from what one of them knows, without anything else. */

/** A gateway has a client. */
export interface Holding {
  readonly gateway: string;
  /** When the client joined there, by `sinceOf`; milliseconds since 1970. */
  readonly sinceMs: number;
}

/** What the bucket says of an id. */
export interface BucketEntry extends Holding {
  /** The run of the gateway that wrote it. */
  readonly epoch: string;
}

/** What a gateway knows of one id. */
export interface Position {
  readonly gateway: string;
  readonly epoch: string;
  /** Since when its client is online; undefined: none is. */
  readonly heldSinceMs: number | undefined;
  readonly entry: BucketEntry | undefined;
  /** Whether the run of the gateway that wrote the entry is there. */
  readonly isThere: boolean;
}

/**
 * `write`: it says in the bucket that it has the client; `remove`: that it has not any more. `giveUp`: the client is another gateway's, and its
 * session here ends. `rest`: all is well.
 */
export type Step = 'write' | 'remove' | 'giveUp' | 'rest';

/** Whether one of two gateways that have a client keeps it: the one where it joined later, or whose name is the greater. */
export function keeps(one: Holding, other: Holding): boolean {
  if (one.sinceMs !== other.sinceMs) return one.sinceMs > other.sinceMs;
  return one.gateway > other.gateway;
}

/** When a client joined, as it counts for the rule: later than what is known, also where the clocks of gateways differ. */
export function sinceOf(nowMs: number, known: Pick<Holding, 'sinceMs'> | undefined): number {
  return known === undefined ? nowMs : Math.max(nowMs, known.sinceMs + 1);
}

/** What a gateway does next about an id. It is asked again after each change, until it may rest. */
export function nextStep({ gateway, epoch, heldSinceMs, entry, isThere }: Position): Step {
  const isOwn = entry?.gateway === gateway;
  if (heldSinceMs === undefined) return isOwn ? 'remove' : 'rest';
  if (entry === undefined) return 'write';
  if (isOwn) return entry.epoch === epoch && entry.sinceMs === heldSinceMs ? 'rest' : 'write';
  return !isThere || keeps({ gateway, sinceMs: heldSinceMs }, entry) ? 'write' : 'giveUp';
}
