import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { UploadRecord } from './record.ts';
import type { SlotOwner, Slots } from './slots.ts';
import type { Spool } from './spool.ts';
import { UploadError } from './upload-error.ts';

export interface RoomParts {
  spool: Spool;
  slots: Slots;
  clock: Clock;
  log: Log;
  /** How many incoming uploads there may be at once. */
  maxReceiving: number;
  /** Throws ObjectError `full` if the store has no room for this many more bytes. */
  checkRoom(bytes: number): void;
  /** The incomplete uploads that nobody goes on with just now. */
  idle(): UploadRecord[];
  remove(record: UploadRecord): Promise<void>;
}

const QUIET_MS = 10_000;

/** Makes room for uploads that begin or grow: unfinished ones that nobody goes on with give way, the one that has been idle for longest first. */
export class Room {
  readonly #parts: RoomParts;
  /**
   * How many uploads were dropped for others since this was last logged, and when it may be logged again, so that a flood of uploads is no
   * flood of log lines.
   */
  #gaveWay = 0;
  #quietUntilMs = Number.NEGATIVE_INFINITY;

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  /** Waits until there is a free slot, and takes it for the upload `id`. Throws UploadError `too_many`. */
  async takeSlot(id: string, owner: SlotOwner): Promise<void> {
    const { slots, maxReceiving } = this.#parts;
    for (;;) {
      const limit = slots.limitFor(owner);
      if (limit === undefined) break;
      const left = this.#longestIdle((each) => slots.shares(limit, owner, each));
      if (left === undefined) {
        const whose = { client: 'of this client ', address: 'from this address ', all: '' }[limit];
        const message = `The limit of uploads ${whose}is reached (${maxReceiving} in all); try again later.`;
        throw new UploadError('too_many', message);
      }
      await this.#giveWay(left);
    }
    // Taken before anything is awaited, so that ten thousand requests at once do not all get in.
    slots.take(id, owner);
  }

  /** Waits until there is room for this many bytes. Throws ObjectError `full`. */
  async makeFor(bytes: number): Promise<void> {
    const { spool, checkRoom, idle } = this.#parts;
    const check = (freed: number): void => {
      spool.checkBudget(bytes - freed);
      checkRoom(spool.bytes + bytes - freed);
    };
    for (;;) {
      try {
        check(0);
        return;
      } catch (error) {
        check(idle().reduce((sum, { id }) => sum + spool.bytesOf(id), 0));
        const left = this.#longestIdle((each) => spool.bytesOf(each.id) > 0);
        if (left === undefined) throw error;
        await this.#giveWay(left);
      }
    }
  }

  #longestIdle(isMeant: (record: UploadRecord) => boolean): UploadRecord | undefined {
    let longest: UploadRecord | undefined;
    for (const record of this.#parts.idle()) {
      if (!isMeant(record)) continue;
      if (longest === undefined || (record.sinceMs ?? 0) < (longest.sinceMs ?? 0)) longest = record;
    }
    return longest;
  }

  async #giveWay(record: UploadRecord): Promise<void> {
    const { spool, clock, log, remove } = this.#parts;
    const { id, from, name } = record;
    this.#gaveWay++;
    const nowMs = clock.monotonicMs();
    if (nowMs >= this.#quietUntilMs) {
      const context = { id, from, name, bytes: spool.bytesOf(id), times: this.#gaveWay };
      log.warn(context, 'an unfinished upload that nobody went on with made room for another');
      this.#gaveWay = 0;
      this.#quietUntilMs = nowMs + QUIET_MS;
    }
    await remove(record);
  }
}
