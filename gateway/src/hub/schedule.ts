import type { Clock } from './clock.ts';
import { detachMessage } from './detach.ts';
import { Message } from './message.ts';
import type { HubStore, ScheduledRecord } from './store.ts';

/** A Pi's clock jumps when it first hears the time; due times are looked at again at least this often. */
const LONGEST_NAP_MS = 30_000;

/** Messages that wait for their time; at most `maxMessages` of them. */
export class Schedule {
  readonly #clock: Clock;
  readonly #store: HubStore;
  readonly #maxMessages: number;
  readonly #send: (message: Message, retainMs: number | undefined) => void;
  readonly #waiting = new Map<string, () => void>();
  #sequence = 0;

  constructor(
    clock: Clock,
    store: HubStore,
    maxMessages: number,
    send: (message: Message, retainMs: number | undefined) => void,
  ) {
    this.#clock = clock;
    this.#store = store;
    this.#maxMessages = maxMessages;
    this.#send = send;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Keeps `message` until `dueMs`, on disk; false where too many wait already. Its timestamp becomes the due time. */
  add(message: Message, dueMs: number, retainMs?: number): boolean {
    if (this.#waiting.size >= this.#maxMessages) return false;
    const record: ScheduledRecord = {
      id: this.#newId(),
      message: { ...detachMessage(message), timestampMs: dueMs },
      dueMs,
    };
    if (retainMs !== undefined) record.retainMs = retainMs;
    this.#store.putScheduled(record);
    this.#wait(record);
    return true;
  }

  /** Puts back what an earlier run kept; what fell due meanwhile is sent at once. */
  restore(records: Iterable<ScheduledRecord>): void {
    for (const record of records) this.#wait(record);
  }

  /** Ends every timer; what is on disk stays there. */
  stop(): void {
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  /** A Pi without a clock of its own may live through the same millisecond twice, in two runs. */
  #newId(): string {
    for (;;) {
      const id = `${this.#clock.now()}-${this.#sequence++}`;
      if (!this.#waiting.has(id)) return id;
    }
  }

  #wait(record: ScheduledRecord): void {
    const leftMs = Math.max(0, record.dueMs - this.#clock.now());
    const cancel = this.#clock.after(Math.min(leftMs, LONGEST_NAP_MS), () => {
      if (record.dueMs > this.#clock.now()) {
        this.#wait(record);
        return;
      }
      this.#waiting.delete(record.id);
      this.#send(new Message(record.message), record.retainMs);
      this.#store.deleteScheduled(record.id);
    });
    this.#waiting.set(record.id, cancel);
  }
}
