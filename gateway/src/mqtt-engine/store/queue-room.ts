export interface QueueLimits {
  /** How many messages wait for one client. */
  maxQueued: number;
  /** How many bytes wait for all clients together; one of them has a quarter at most. */
  maxQueuedBytes: number;
}

/** What share of all queues' bytes one client may have. */
const QUARTER = 4;
/** How many bytes of messages queues keep in memory together, for clients that are here. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;
/** The same for clients that have not come back since the gateway started. */
const MAX_LOADED_BYTES = 8 * 1024 * 1024;

/** The room that all queues share. */
export class QueueRoom {
  readonly #limits: QueueLimits;
  /** How many bytes wait for all clients. */
  bytes = 0;
  /** How many of them are in memory. */
  heldBytes = 0;

  /** Rooms that belong to one client alone, in bytes, by its id. */
  readonly #own = new Map<string, number>();

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Gives a client room of its own, whatever others have, for any number of messages. `bytes`: what of the shared room it has so far. */
  reserve(id: string, maxBytes: number, bytes: number): void {
    if (!this.#own.has(id)) this.bytes -= bytes;
    this.#own.set(id, maxBytes);
  }

  /** True for a client that has room of its own. */
  isOwn(id: string): boolean {
    return this.#own.has(id);
  }

  /** True where the queue of a client, with so many messages and bytes, may have so many bytes more. */
  fits(id: string, queue: { readonly count: number; readonly bytes: number }, bytes: number): boolean {
    const own = this.#own.get(id);
    if (own !== undefined) return queue.bytes + bytes <= own;
    const { maxQueued, maxQueuedBytes } = this.#limits;
    return (
      queue.count < maxQueued && queue.bytes + bytes <= maxQueuedBytes / QUARTER && this.bytes + bytes <= maxQueuedBytes
    );
  }

  /** True where one more message may be in memory. */
  get mayHold(): boolean {
    return this.heldBytes < MAX_HELD_BYTES;
  }

  /** The same while the queues are loaded. */
  get mayHoldLoaded(): boolean {
    return this.heldBytes < MAX_LOADED_BYTES;
  }
}
