import type { Duplex } from 'node:stream';
import type { Clock } from '../common/clock.ts';
import { FAIR_SHARE_BYTES, type QueueBudget, type WriteTurn } from '../transports/outbox.ts';
import type { StreamFault } from './stream-fault.ts';
import { WriteBuffer } from './write-buffer.ts';

export interface PacketOutboxLimits {
  maxPacketBytes: number;
  /** The most that waits for a slow reader. */
  maxQueueBytes: number;
  /** What waits for all readers of the gateway together, and how much may. */
  budget: QueueBudget;
  /** A reader that takes nothing for so long is disconnected. */
  drainTimeoutMs: number;
}

/** What all connections have in common. */
export interface ConnectionParts {
  turn: WriteTurn;
  clock: Clock;
  limits: PacketOutboxLimits;
}

/** The connection that an outbox is of. */
export interface OutboxOwner {
  /** The reader has to be disconnected. */
  outboxFailed(fault: StreamFault): void;
  /** Whoever was asked to wait may go on: little waits for this reader, or it is known to be slow. */
  outboxReleased(): void;
  /** Nothing waits any more. */
  outboxEmptied(): void;
}

/** From here on senders are asked to wait for this reader, if it is not known to be slow. */
const HIGH_WATER_BYTES = 256 * 1024;
/** How long senders wait for a reader, and how long after that they do not wait for it again. */
const PATIENCE_MS = 100;
const IMPATIENCE_MS = 10_000;

/**
 * What one connection of the broker is to be sent. Everything written in one turn of the event loop leaves in one write. What waits is
 * bounded; senders are asked to wait for a reader only for a moment, and only for readers that keep up as a rule.
 */
export class PacketOutbox {
  readonly #stream: Duplex;
  readonly #parts: ConnectionParts;
  readonly #owner: OutboxOwner;
  /** What was written in this turn; beside it, bytes the connection has not taken yet. */
  readonly #gathered = new WriteBuffer();
  #behind = 0;
  /** How much of the budget this connection has. */
  #charged = 0;
  #isScheduled = false;
  /** It is told when the stream has drained: not before anything has waited there. */
  #hearsDrain = false;
  #sent = 0;
  #isOver = false;
  #isAwaited = false;
  #impatientUntilMs = Number.NEGATIVE_INFINITY;
  #cancelPatience: (() => void) | undefined;
  #cancelProgress: (() => void) | undefined;

  constructor(stream: Duplex, parts: ConnectionParts, owner: OutboxOwner) {
    this.#stream = stream;
    this.#parts = parts;
    this.#owner = owner;
  }

  /** What waits for the reader. */
  get queuedBytes(): number {
    return this.#gathered.bytes + this.#behind;
  }

  /** So much waits that it is better not to read more for this reader from a disk. */
  get isFull(): boolean {
    return this.queuedBytes > HIGH_WATER_BYTES;
  }

  /** True where a packet of so many bytes may still be queued. An empty queue takes one of any size. */
  hasRoom(bytes: number): boolean {
    const queued = this.queuedBytes;
    if (queued === 0) return true;
    const { budget, maxQueueBytes } = this.#parts.limits;
    return queued + bytes <= budget.limitOf(maxQueueBytes, FAIR_SHARE_BYTES);
  }

  /** Queues a packet, or a piece of one. False asks whoever caused it to wait for `outboxReleased`. */
  write(chunk: string | Uint8Array): boolean {
    if (this.#isOver) return true;
    this.#gathered.append(chunk);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.#parts.turn.add(this);
    }
    const queued = this.#gathered.bytes + this.#behind;
    return queued <= HIGH_WATER_BYTES || this.#goOn(queued);
  }

  /** Hands what was gathered to the connection. */
  flush(): void {
    this.#isScheduled = false;
    if (!this.#isOver) this.#send();
  }

  /** Takes no more. What was gathered is handed over first, unless the connection is `cut`. */
  close(isCut: boolean): void {
    if (this.#isOver) return;
    this.#cancelPatience?.();
    this.#cancelProgress?.();
    if (!isCut) this.#send();
    this.#isOver = true;
    this.#fallBehind(0);
    this.#gathered.take();
    this.#owner.outboxEmptied();
  }

  #send(): void {
    const { bytes } = this.#gathered;
    if (bytes === 0) return;
    const chunks = this.#gathered.take();
    this.#sent += bytes;
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded) return;
    if (chunks.length === 1) stream.write(chunks[0]);
    else {
      stream.cork();
      for (const chunk of chunks) stream.write(chunk);
      stream.uncork();
    }
    this.#fallBehind(stream.writableLength);
    if (this.#behind === 0) {
      this.#owner.outboxEmptied();
      return;
    }
    if (!this.#hearsDrain) {
      this.#hearsDrain = true;
      stream.on('drain', () => this.#drained());
    }
    if (!this.#cancelProgress) this.#watch(this.#sent - pendingBytes(stream));
  }

  #fallBehind(bytes: number): void {
    this.#behind = bytes;
    this.#parts.limits.budget.usedBytes += bytes - this.#charged;
    this.#charged = bytes;
  }

  /** Decides what happens when much waits: true lets the sender go on, false has it wait. */
  #goOn(queued: number): boolean {
    const { limits, clock } = this.#parts;
    const { maxQueueBytes, maxPacketBytes } = limits;
    if (queued > 2 * maxQueueBytes + maxPacketBytes) {
      const message = `does not read what it is sent; ${queued} bytes wait for it`;
      this.#owner.outboxFailed({ code: 'PEER_TOO_SLOW', message });
      return true;
    }
    if (this.#isAwaited) return false;
    if (clock.monotonicMs() < this.#impatientUntilMs) return true;
    this.#cancelPatience = clock.after(PATIENCE_MS, () => {
      this.#impatientUntilMs = clock.monotonicMs() + IMPATIENCE_MS;
      this.#release();
    });
    this.#isAwaited = true;
    return false;
  }

  #drained(): void {
    this.#fallBehind(this.#stream.writableLength);
    if (this.#behind > 0) return;
    this.#cancelProgress?.();
    this.#cancelProgress = undefined;
    if (this.#gathered.bytes > HIGH_WATER_BYTES) return;
    this.#owner.outboxEmptied();
    this.#release();
  }

  /** Lets senders go on. */
  #release(): void {
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    if (!this.#isAwaited) return;
    this.#isAwaited = false;
    this.#owner.outboxReleased();
  }

  /** Ends the connection if the reader takes nothing for the drain timeout. */
  #watch(taken: number): void {
    const { limits, clock } = this.#parts;
    const { drainTimeoutMs } = limits;
    this.#cancelProgress = clock.after(drainTimeoutMs, () => {
      const pending = pendingBytes(this.#stream);
      this.#cancelProgress = undefined;
      if (pending === 0) return;
      const takenNow = this.#sent - pending;
      if (takenNow !== taken) this.#watch(takenNow);
      else {
        const message = `read nothing for ${drainTimeoutMs} ms and was disconnected`;
        this.#owner.outboxFailed({ code: 'PEER_TOO_SLOW', message });
      }
    });
  }
}

/** What the connection has not taken: Node's queue, and what the system has left of the write under way. */
function pendingBytes(stream: Duplex): number {
  const handle = (stream as { _handle?: { writeQueueSize?: number } | null })._handle;
  return stream.writableLength + (handle?.writeQueueSize ?? 0);
}
