import type { Writable } from 'node:stream';
import type { Metrics } from '../common/metrics.ts';
import { IncomingBudget } from './incoming.ts';

/** Below this average size, units are cheaper to copy into one piece than to hand to the system one by one. */
const SMALL_UNIT_BYTES = 1024;
/** This many bytes are handed to the stream at once, without waiting for the end of the turn or for a slow reader. */
const PIECE_BYTES = 64 * 1024;
/** This many units are joined into one piece even if they are tiny, as each needs more memory than its bytes. */
const MAX_UNITS = 512;

/** The bytes that each connection may still queue when the queues of the whole gateway are more than half full. */
export const FAIR_SHARE_BYTES = 64 * 1024;
/** The same for a device, which usually reads slowly or has little memory. */
export const DEVICE_SHARE_BYTES = 4096;

/** How many bytes wait for slow readers in the whole gateway, and how many may wait; and as many of slow senders. */
export class QueueBudget {
  readonly limitBytes: number;
  /** Of messages that have not come to their end. */
  readonly incoming: IncomingBudget;
  usedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
    this.incoming = new IncomingBudget(limitBytes);
  }

  /** Makes known how much waits, and how much may. */
  show(metrics: Metrics): void {
    const queue = { name: 'crosscomm_queue_bytes', help: 'Bytes that wait for slow readers.', unit: 'bytes' } as const;
    metrics.gauge(queue, () => this.usedBytes);
    const help = 'Bytes that may wait for slow readers, by limits.maxTotalQueueBytes.';
    metrics.gauge({ name: 'crosscomm_queue_limit_bytes', help, unit: 'bytes' }, () => this.limitBytes);
    const incoming = 'Bytes of long messages that have not come to their end.';
    metrics.gauge({ name: 'crosscomm_incomplete_bytes', help: incoming, unit: 'bytes' }, () => this.incoming.usedBytes);
  }

  /** More than half is used up: connections keep to their fair share, or to one unit. */
  get pressed(): boolean {
    return this.usedBytes * 2 >= this.limitBytes;
  }

  /** All of it is used up: connections keep to their fair share. */
  get exhausted(): boolean {
    return this.usedBytes >= this.limitBytes;
  }

  /** How much may wait for one connection now: the usual limit, or its fair share if more than half of the budget is used up. */
  limitOf(maxQueueBytes: number, fairShareBytes: number): number {
    return this.pressed ? Math.min(fairShareBytes, maxQueueBytes) : maxQueueBytes;
  }
}

/** Gathers what is written in one turn of the event loop, so that each connection is written to once a turn. */
export class WriteTurn {
  #waiting: { flush(): void }[] = [];

  /** Flushes `queue` at the end of this turn. */
  add(queue: { flush(): void }): void {
    if (this.#waiting.push(queue) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const queue of waiting) queue.flush();
  }
}

export interface OutboxLimits {
  /** The most that waits for one connection. */
  maxQueueBytes: number;
  /** The bytes that each connection may still queue when the gateway's budget is used up. */
  fairShareBytes: number;
}

/**
 * The send queue of one connection. Whole units only: what does not fit is refused, never cut. Everything written in
 * one turn of the event loop leaves in one write. Others may write to the stream too, whole units as well, but what is
 * queued here may be overtaken by theirs.
 */
export class Outbox {
  readonly #stream: Writable;
  readonly #turn: WriteTurn;
  readonly #budget: QueueBudget;
  readonly #limits: OutboxLimits;
  #units: Uint8Array[] = [];
  #unitBytes = 0;
  /** How much of the budget this connection has. */
  #charged = 0;
  /** Whether the turn will flush this outbox. */
  #awaited = false;
  #sealed = false;
  /** Sees what leaves, whole units; undefined: nobody does. */
  tap: ((units: readonly Uint8Array[]) => void) | undefined;

  constructor(stream: Writable, turn: WriteTurn, budget: QueueBudget, limits: OutboxLimits) {
    this.#stream = stream;
    this.#turn = turn;
    this.#budget = budget;
    this.#limits = limits;
    stream.on('drain', () => {
      this.#handOver();
      this.#charge();
    });
    stream.on('close', () => {
      this.#sealed = true;
      this.#drop();
      this.#charge();
    });
  }

  /** What waits here and in the stream. */
  get queuedBytes(): number {
    return this.#unitBytes + this.#stream.writableLength;
  }

  /** Queues one unit. False: it is full, or sealed, and nothing was queued. */
  write(unit: Uint8Array): boolean {
    if (this.#sealed) return false;
    const waiting = this.#unitBytes + this.#stream.writableLength;
    const { maxQueueBytes, fairShareBytes } = this.#limits;
    if (waiting > 0) {
      if (waiting + unit.length > this.#budget.limitOf(maxQueueBytes, fairShareBytes)) return false;
      // An empty queue takes one unit of any size: sessions limit what they send by their own protocol's rules.
    } else if (unit.length > fairShareBytes && this.#budget.exhausted) return false;
    this.#unitBytes += unit.length;
    const count = this.#units.push(unit);
    if (this.#unitBytes >= PIECE_BYTES || count >= MAX_UNITS) {
      this.#handOver();
      this.#charge();
    } else if (!this.#awaited) {
      this.#awaited = true;
      this.#turn.add(this);
    }
    return true;
  }

  /** Hands what is queued to the stream, and takes no more: every later `write` is refused. */
  seal(): void {
    if (this.#sealed) return;
    this.#handOver();
    this.#charge();
    this.#sealed = true;
  }

  /** Writes what was queued, then ends the stream. */
  end(): void {
    this.seal();
    if (!this.#stream.writableEnded) this.#stream.end();
  }

  /** What the turn calls at its end. What waits for a slow reader goes on waiting, until it makes a piece. */
  flush(): void {
    this.#awaited = false;
    if (this.#units.length === 0) return;
    if (!this.#stalled) this.#handOver();
    if (this.#charged > 0 || this.#stalled) this.#charge();
  }

  /** Whether the reader is behind. The stream says `drain` when it no longer is. */
  get #stalled(): boolean {
    return this.#stream.writableNeedDrain && this.#stream.writableLength > 0;
  }

  #handOver(): void {
    const units = this.#units;
    const bytes = this.#unitBytes;
    const stream = this.#stream;
    if (units.length === 0) return;
    this.#drop();
    if (stream.destroyed || stream.writableEnded) return;
    this.tap?.(units);
    if (units.length === 1) stream.write(units[0]);
    else if (bytes / units.length < SMALL_UNIT_BYTES) stream.write(Buffer.concat(units, bytes));
    else {
      stream.cork();
      for (const unit of units) stream.write(unit);
      stream.uncork();
    }
  }

  #drop(): void {
    this.#units = [];
    this.#unitBytes = 0;
  }

  /** Only what is stalled counts: the stream promises a `drain` for it, at which the count is taken back. */
  #charge(): void {
    const waiting = this.#stream.destroyed || !this.#stalled ? 0 : this.queuedBytes;
    this.#budget.usedBytes += waiting - this.#charged;
    this.#charged = waiting;
  }
}
