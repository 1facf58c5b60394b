import { type Duplex, Readable } from 'node:stream';
import type { Clock } from '../common/clock.ts';
import type { LeaveReason } from '../hub/session.ts';
import { FAIR_SHARE_BYTES, type QueueBudget, type WriteTurn } from '../transports/outbox.ts';
import { WriteBuffer } from './write-buffer.ts';

export interface StreamLimits {
  maxPacketBytes: number;
  /** The most that waits for a slow reader. */
  maxQueueBytes: number;
  /** What waits for all readers of the gateway together, and how much may. */
  budget: QueueBudget;
  /** A reader that takes nothing for so long is disconnected. */
  drainTimeoutMs: number;
}

/** Why a connection is ended by the gateway. */
export interface StreamFault {
  code: 'PEER_MALFORMED' | 'PEER_TOO_LARGE' | 'PEER_TOO_SLOW' | 'PEER_TIMEOUT';
  /** What the peer did, as the end of a sentence that begins with its name. */
  message: string;
}

export interface StreamParts {
  /** The address of the other end, for logs. */
  peer: string;
  turn: WriteTurn;
  clock: Clock;
  limits: StreamLimits;
  /** Told once, where the gateway ends the connection because of what its peer did. */
  onFault(fault: StreamFault): void;
}

/** From here on senders are asked to wait for this reader, if it is not known to be slow. */
const HIGH_WATER_BYTES = 256 * 1024;
/** How long senders wait for a reader, and how long after that they do not wait for it again. */
const PATIENCE_MS = 100;
const IMPATIENCE_MS = 10_000;
/** How long a connection that the gateway ends may take to read the rest. */
const LINGER_MS = 1000;

/**
 * A connection as a broker core has it. It keeps the core from being slowed down by a reader: `write` asks it to wait only for
 * a moment, and only for readers that keep up as a rule; what waits is bounded here. Everything written in one turn of
 * the event loop leaves in one write.
 */
export class MqttStream extends Readable {
  readonly peer: string;
  /** Why the session ends; set by the code that ends it. */
  reason: LeaveReason = 'closed';
  /** Its client waits to be let in: where its peer goes meanwhile, nothing of what it sent counts. */
  isWaiting = false;
  /** Somebody has told the log why already. */
  reported = false;

  readonly #stream: Duplex;
  readonly #turn: WriteTurn;
  readonly #clock: Clock;
  readonly #limits: StreamLimits;
  readonly #onFault: (fault: StreamFault) => void;

  /** What was written in this turn; beside it, bytes announced to be written soon, and bytes the connection has not taken yet. */
  readonly #gathered = new WriteBuffer();
  #announced = 0;
  #behind = 0;
  /** How much of the budget this connection has. */
  #charged = 0;
  #scheduled = false;
  #sent = 0;
  #inputOver = false;
  #over = false;
  #cut = false;

  #roomWaiters: (() => void)[] = [];
  #awaited = false;
  #impatientUntilMs = Number.NEGATIVE_INFINITY;
  #cancelPatience: (() => void) | undefined;
  #cancelProgress: (() => void) | undefined;

  constructor(stream: Duplex, { peer, turn, clock, limits, onFault }: StreamParts) {
    super({ highWaterMark: 64 * 1024 });
    this.peer = peer;
    this.#stream = stream;
    this.#turn = turn;
    this.#clock = clock;
    this.#limits = limits;
    this.#onFault = onFault;
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('end', () => this.#ended());
    stream.on('error', () => this.#ended());
    stream.on('close', () => this.#ended());
    stream.on('drain', () => this.#drained());
  }

  /** What waits for the reader. */
  get queuedBytes(): number {
    return this.#gathered.bytes + this.#announced + this.#behind;
  }

  /** True where a packet of so many bytes may still be queued. An empty queue takes one of any size. */
  hasRoom(bytes: number): boolean {
    const queued = this.queuedBytes;
    if (queued === 0) return true;
    const { budget, maxQueueBytes } = this.#limits;
    return queued + bytes <= budget.limitOf(maxQueueBytes, FAIR_SHARE_BYTES);
  }

  /** Counts a packet of about so many bytes that will be written soon. */
  announce(bytes: number): void {
    this.#announced += bytes;
  }

  /** Resolves when little waits for the reader, or the connection is over. */
  async room(): Promise<void> {
    if (this.#over || this.queuedBytes <= HIGH_WATER_BYTES) return;
    await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  /** Queues a piece of a packet. False asks the core to wait for `drain`. */
  write(chunk: string | Uint8Array): boolean {
    if (this.#over) return true;
    this.#gathered.append(chunk);
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#turn.add(this);
    }
    const queued = this.#gathered.bytes + this.#behind;
    return queued <= HIGH_WATER_BYTES || this.#goOn(queued);
  }

  /** Hands what was gathered to the connection. */
  flush(): void {
    this.#scheduled = false;
    this.#announced = 0;
    if (this.#over) return;
    this.#send();
  }

  /** Ends the connection at once, because the peer did something wrong. */
  fail(fault: StreamFault): void {
    if (this.#over) return;
    this.#cut = true;
    this.reason = fault.code === 'PEER_TIMEOUT' || fault.code === 'PEER_TOO_SLOW' ? 'timeout' : 'error';
    this.#onFault(fault);
    this.reported = true;
    this.destroy();
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _destroy(_error: Error | null, callback: (error?: Error | null) => void): void {
    this.#cancelPatience?.();
    this.#cancelProgress?.();
    if (!this.#cut) this.#send();
    this.#over = true;
    this.#fallBehind(0);
    this.#gathered.take();
    this.#giveRoom();
    if (this.#cut) this.#stream.destroy();
    else if (!this.#stream.destroyed) {
      // What was written last, such as the reason of a refusal, still goes out.
      this.#stream.end();
      this.#stream.resume();
      const cancel = this.#clock.after(LINGER_MS, () => this.#stream.destroy());
      this.#stream.once('close', cancel);
    }
    callback(null);
  }

  #receive(chunk: Buffer): void {
    if (!this.#over && !this.push(chunk)) this.#stream.pause();
  }

  /** The peer is gone. What it sent before is still read, if it was let in; then the stream ends by itself. */
  #ended(): void {
    if (this.destroyed || this.readableEnded) return;
    if (!this.#inputOver) {
      this.#inputOver = true;
      this.push(null);
    }
    if ((this.isWaiting || this.readableLength === 0) && this.#stream.destroyed) this.destroy();
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
    if (this.#behind === 0) this.#giveRoom();
    else if (!this.#cancelProgress) this.#watch(this.#sent - pendingBytes(stream));
  }

  #fallBehind(bytes: number): void {
    this.#behind = bytes;
    this.#limits.budget.usedBytes += bytes - this.#charged;
    this.#charged = bytes;
  }

  /** Decides what happens when much waits: true lets the core go on, false has it wait for `drain`. */
  #goOn(queued: number): boolean {
    const { maxQueueBytes, maxPacketBytes } = this.#limits;
    if (queued > 2 * maxQueueBytes + maxPacketBytes) {
      this.fail({ code: 'PEER_TOO_SLOW', message: `does not read what it is sent; ${queued} bytes wait for it` });
      return true;
    }
    if (this.#awaited) return false;
    if (this.#clock.monotonicMs() < this.#impatientUntilMs) return true;
    this.#cancelPatience = this.#clock.after(PATIENCE_MS, () => {
      this.#impatientUntilMs = this.#clock.monotonicMs() + IMPATIENCE_MS;
      this.#release();
    });
    this.#awaited = true;
    return false;
  }

  #drained(): void {
    this.#fallBehind(this.#stream.writableLength);
    if (this.#behind > 0) return;
    this.#cancelProgress?.();
    this.#cancelProgress = undefined;
    if (this.#gathered.bytes > HIGH_WATER_BYTES) return;
    this.#giveRoom();
    this.#release();
  }

  #giveRoom(): void {
    if (this.#roomWaiters.length === 0) return;
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Lets the core go on. */
  #release(): void {
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    if (!this.#awaited) return;
    this.#awaited = false;
    this.emit('drain');
  }

  /** Ends the connection if the peer takes nothing for the drain timeout. */
  #watch(taken: number): void {
    const { drainTimeoutMs } = this.#limits;
    this.#cancelProgress = this.#clock.after(drainTimeoutMs, () => {
      const pending = pendingBytes(this.#stream);
      this.#cancelProgress = undefined;
      if (pending === 0) return;
      const takenNow = this.#sent - pending;
      if (takenNow !== taken) this.#watch(takenNow);
      else this.fail({ code: 'PEER_TOO_SLOW', message: `read nothing for ${drainTimeoutMs} ms and was disconnected` });
    });
  }
}

/** What the connection has not taken: Node's queue, and what the system has left of the write under way. */
function pendingBytes(stream: Duplex): number {
  const handle = (stream as { _handle?: { writeQueueSize?: number } | null })._handle;
  return stream.writableLength + (handle?.writeQueueSize ?? 0);
}
