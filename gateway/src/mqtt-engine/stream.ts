import { type Duplex, Readable } from 'node:stream';
import type { Clock } from '../common/clock.ts';
import type { LeaveReason } from '../hub/session.ts';
import type { IncomingBudget, Receiver } from '../transports/incoming.ts';
import { type ConnectionParts, type OutboxOwner, PacketOutbox } from './packet-outbox.ts';
import { type StreamFault, TOO_MUCH_HELD } from './stream-fault.ts';

export interface StreamParts extends ConnectionParts {
  /** The address of the other end, for logs. */
  peer: string;
  /** Nothing waits to be read by the other end any more. */
  emptied(): void;
  /** Told once, where the gateway ends the connection because of what its peer did. */
  onFault(fault: StreamFault): void;
}

/** How long a connection that the gateway ends may take to read the rest. */
const LINGER_MS = 1000;

/** A connection as a broker core has it that reads and writes streams: see `PacketOutbox` for what is written. */
export class MqttStream extends Readable implements OutboxOwner, Receiver {
  readonly peer: string;
  /** Why the session ends; set by the code that ends it. */
  reason: LeaveReason = 'closed';
  /** Its client waits to be let in: where its peer goes meanwhile, nothing of what it sent counts. */
  isWaiting = false;
  /** Somebody has told the log why already. */
  reported = false;

  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #outbox: PacketOutbox;
  readonly #onFault: (fault: StreamFault) => void;
  readonly #emptied: () => void;
  readonly #incoming: IncomingBudget;
  /** How much of a packet that has not come to its end is counted. */
  #counted = 0;
  #inputOver = false;
  #over = false;
  #cut = false;
  #waiters: (() => void)[] = [];

  constructor(stream: Duplex, { peer, turn, clock, limits, onFault, emptied }: StreamParts) {
    super({ highWaterMark: 64 * 1024 });
    this.peer = peer;
    this.#stream = stream;
    this.#clock = clock;
    this.#onFault = onFault;
    this.#emptied = emptied;
    this.#incoming = limits.budget.incoming;
    this.#outbox = new PacketOutbox(stream, { turn, clock, limits }, this);
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('end', () => this.#ended());
    stream.on('error', () => this.#ended());
    stream.on('close', () => this.#ended());
  }

  /** Takes in what was read of the connection before. */
  begin(head: Buffer): void {
    this.#receive(head);
  }

  /** Notes how much of a packet that has not come to its end its reader holds. */
  holds(bytes: number): void {
    if (!this.#over) this.#counted = this.#incoming.hold(this, bytes, this.#counted);
  }

  dropIncomplete(): void {
    this.fail(TOO_MUCH_HELD);
  }

  /** What waits for the reader. */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  /** True where a packet of so many bytes may still be queued. An empty queue takes one of any size. */
  hasRoom(bytes: number): boolean {
    return this.#outbox.hasRoom(bytes);
  }

  /** So much waits that nothing more is read from the disk for it. */
  get isFull(): boolean {
    return this.#outbox.isFull;
  }

  /** Resolves when senders may go on. */
  released(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** A message did not get through. */
  lost(code: StreamFault['code'], message: string): void {
    this.#onFault({ code, message });
  }

  /** Queues a piece of a packet. False asks the core to wait for `drain`. */
  write(chunk: string | Uint8Array): boolean {
    return this.#outbox.write(chunk);
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
    this.#outbox.close(this.#cut);
    this.holds(0);
    this.#over = true;
    this.#release();
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

  outboxFailed(fault: StreamFault): void {
    this.fail(fault);
  }

  outboxEmptied(): void {
    this.#emptied();
  }

  outboxReleased(): void {
    this.#release();
  }

  #release(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
    this.emit('drain');
  }
}
