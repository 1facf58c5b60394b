import type { EngineMessage } from '../message.ts';
import type { Handing, QueuedMessage } from '../store/contract.ts';

/** What a message in memory takes beside its topic and payload. */
const MESSAGE_BYTES = 200;
/** Of the many queues in which nothing has waited yet. */
const NONE: QueuedMessage[] = [];

/**
 * The queue of a session that ends with its connection: messages of QoS 1 and 2 that must wait, in memory. What can be sent at once only
 * takes its number from here.
 */
export class WaitingQueue {
  readonly #maxBytes: number;
  #entries = NONE;
  /** Where the oldest entry is in `#entries`; those before it are gone. */
  #first = 0;
  #nextSeq = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get count(): number {
    return this.#entries.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing of it is ever on disk. */
  get isWritten(): boolean {
    return true;
  }

  get firstSeq(): number {
    return this.#entries[this.#first]?.seq ?? this.#nextSeq;
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** The number of a message that does not wait. */
  skip(): number {
    return this.#nextSeq++;
  }

  add(message: EngineMessage, handing: Handing): number | undefined {
    const bytes = bytesOf(message);
    if (this.count > 0 && this.#bytes + bytes > this.#maxBytes) return undefined;
    this.#bytes += bytes;
    if (this.#entries === NONE) this.#entries = [];
    const seq = this.#nextSeq++;
    this.#entries.push({ ...handing, seq, message: message.detach() });
    return seq;
  }

  read(fromSeq: number, most: number): readonly QueuedMessage[] {
    const entries = this.#entries;
    let begin = this.#first;
    while (begin < entries.length && (entries[begin] as QueuedMessage).seq < fromSeq) begin++;
    return entries.slice(begin, begin + most);
  }

  release(): void {}

  /** What was sent waits no more. */
  remove(seq: number): void {
    const entries = this.#entries;
    while (this.#first < entries.length && (entries[this.#first] as QueuedMessage).seq <= seq) {
      const { message } = entries[this.#first] as QueuedMessage;
      if (message !== undefined) this.#bytes -= bytesOf(message);
      this.#first++;
    }
    if (this.#first === 0) return;
    if (this.#first * 2 < entries.length && this.#first < 1024) return;
    entries.splice(0, this.#first);
    this.#first = 0;
  }
}

function bytesOf({ topic, payload }: EngineMessage): number {
  return topic.length + payload.length + MESSAGE_BYTES;
}
