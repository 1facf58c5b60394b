import type { QueueRoom } from './queue-room.ts';
import { ENTRY_BYTES } from './records.ts';

/** How many entries of a queue are kept so, and of how many bytes. */
const MOST_ENTRIES = 16;
const MOST_BYTES = 4096;

/** An entry of a queue by its number, as it is on disk. */
export interface LoadedEntry {
  readonly seq: number;
  readonly record: Buffer;
}

/**
 * The oldest entries of a queue as they were read when the gateway started, a few of each queue: after a power cut all clients come back at once,
 * and need not wait for the disk then.
 */
export class LoadedEntries {
  readonly #room: QueueRoom;
  #entries: LoadedEntry[] = [];
  #bytes = 0;
  #isFull = false;

  constructor(room: QueueRoom) {
    this.#room = room;
  }

  /** Takes in the next entry, if there is room for it; behind one for which there was none, none is taken. */
  add(seq: number, record: Buffer): void {
    const bytes = ENTRY_BYTES + record.length;
    const isMore = this.#entries.length === MOST_ENTRIES || this.#bytes + bytes > MOST_BYTES;
    if (isMore || !this.#room.mayHoldLoaded) this.#isFull = true;
    if (this.#isFull) return;
    // What was read with it is not kept alive.
    this.#entries.push({ seq, record: Buffer.from(record) });
    this.#bytes += bytes;
    this.#room.heldBytes += bytes;
  }

  /** All of them, oldest first; none is left. */
  take(): readonly LoadedEntry[] {
    const entries = this.#entries;
    this.#room.heldBytes -= this.#bytes;
    this.#entries = [];
    this.#bytes = 0;
    this.#isFull = true;
    return entries;
  }
}
