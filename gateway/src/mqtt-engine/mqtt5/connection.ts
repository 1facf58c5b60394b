import type { Duplex } from 'node:stream';
import type { Clock } from '../../common/clock.ts';
import type { IncomingBudget, Receiver } from '../../transports/incoming.ts';
import { PacketFault } from '../codec/packet-fault.ts';
import type { Packet, Version } from '../codec/packets.ts';
import { PacketReader } from '../codec/reader.ts';
import type { Outlet } from '../delivery/outgoing.ts';
import { type ConnectionParts, type OutboxOwner, PacketOutbox } from '../packet-outbox.ts';
import { type StreamFault, TOO_MUCH_HELD } from '../stream-fault.ts';

/** What the packets of a connection are for. */
export interface PacketHandler {
  /** The address that it comes from. */
  readonly peer: string;
  receive(packet: Packet): void;
  /** The other end sent what it must not, or does not read. The connection goes on until it is ended. */
  faulty(fault: PacketFault | StreamFault): void;
  /** The connection is over, or was ended. Called once. */
  disconnected(): void;
  /** The stream has closed, which is the last that happens to it. */
  closed(): void;
  /** Nothing waits to be read by the other end any more. */
  emptied(): void;
  lost: Outlet['lost'];
  /** An exception in one of these is a fault of ours. */
  broken(error: unknown): void;
}

/** How long a connection that the gateway ends may take to read the rest. */
const LINGER_MS = 1000;

/** The packets of one byte stream, both ways. */
export class Connection implements Outlet, OutboxOwner, Receiver {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #handler: PacketHandler;
  readonly #reader: PacketReader;
  readonly #outbox: PacketOutbox;
  readonly #incoming: IncomingBudget;
  #isPaused = false;
  /** The stream was told so, too: see `pause`. */
  #isStreamPaused = false;
  #isReading = false;
  #isOver = false;
  #isTold = false;
  #hasEnded = false;
  /** How much of a packet that has not come to its end is counted. */
  #counted = 0;
  /** Something came since the last look. */
  #wasHeard = true;
  #released: { promise: Promise<void>; resolve(): void } | undefined;

  constructor(stream: Duplex, parts: ConnectionParts, handler: PacketHandler) {
    this.#stream = stream;
    this.#clock = parts.clock;
    this.#handler = handler;
    this.#reader = new PacketReader(parts.limits);
    this.#outbox = new PacketOutbox(stream, parts, this);
    this.#incoming = parts.limits.budget.incoming;
    stream.on('data', (chunk: Buffer) => this.begin(chunk));
    const over = (): void => this.#ended();
    stream.on('end', over);
    stream.on('error', over);
    stream.on('close', () => {
      this.#ended();
      handler.closed();
    });
  }

  /** Takes in what was read of the stream before, or is read now. */
  begin(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#wasHeard = true;
    this.#reader.push(chunk);
    this.#read();
    if (!this.#isOver) this.#count(this.#reader.heldBytes);
  }

  get peer(): string {
    return this.#handler.peer;
  }

  dropIncomplete(): void {
    this.#guard(() => this.#handler.faulty(TOO_MUCH_HELD));
  }

  #count(bytes: number): void {
    this.#counted = this.#incoming.hold(this, bytes, this.#counted);
  }

  /** True if something came since it was asked last, and while it is not read what has come. */
  takeHeard(): boolean {
    const was = this.#wasHeard || this.#isPaused;
    this.#wasHeard = false;
    return was;
  }

  /** The version of its CONNECT, as soon as that says it. */
  get version(): Version | undefined {
    return this.#reader.version;
  }

  /**
   * Reads no more until `resume`, not even what has come already. The stream is told so when the packet that is being read is done with: most
   * pauses are over by then.
   */
  pause(): void {
    this.#isPaused = true;
    if (!this.#isReading) this.#pauseStream();
  }

  resume(): void {
    if (!this.#isPaused || this.#isOver) return;
    this.#isPaused = false;
    this.#read();
    if (this.#isPaused) return;
    if (this.#hasEnded) this.#ended();
    else if (this.#isStreamPaused && !this.#isReading) {
      this.#isStreamPaused = false;
      this.#stream.resume();
    }
  }

  #pauseStream(): void {
    if (this.#isStreamPaused) return;
    this.#isStreamPaused = true;
    this.#stream.pause();
  }

  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  get isFull(): boolean {
    return this.#outbox.isFull;
  }

  hasRoom(bytes: number): boolean {
    return this.#outbox.hasRoom(bytes);
  }

  write(packet: Uint8Array): boolean {
    return this.#outbox.write(packet);
  }

  released(): Promise<void> {
    if (this.#released === undefined) {
      let resolve = (): void => {};
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#released = { promise, resolve };
    }
    return this.#released.promise;
  }

  lost(code: 'PEER_TOO_SLOW' | 'PEER_TOO_LARGE', what: string): void {
    this.#handler.lost(code, what);
  }

  /** Ends the connection, after what was written. */
  end(): void {
    this.#finish(false);
    const stream = this.#stream;
    if (stream.destroyed) return;
    stream.end();
    stream.resume();
    const cancel = this.#clock.after(LINGER_MS, () => stream.destroy());
    stream.once('close', cancel);
  }

  /** Ends the connection at once. */
  cut(): void {
    this.#finish(true);
    this.#stream.destroy();
  }

  #read(): void {
    // A packet may have what comes after it read again: see `resume`.
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (!this.#isPaused && !this.#isOver) {
        const packet = this.#reader.next();
        if (packet === undefined) break;
        this.#handler.receive(packet);
      }
    } catch (error) {
      if (error instanceof PacketFault) this.#guard(() => this.#handler.faulty(error));
      else this.#handler.broken(error);
    } finally {
      this.#isReading = false;
      if (this.#isPaused && !this.#isOver) this.#pauseStream();
    }
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#handler.broken(error);
    }
  }

  /** The other end has said its last. What it sent before, and is not read yet, still counts, unless it has gone altogether. */
  #ended(): void {
    this.#hasEnded = true;
    if (this.#isPaused && !this.#stream.destroyed) return;
    this.#finish(false);
    // Ended twice, Node makes an error with its stack.
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.end();
  }

  #finish(isCut: boolean): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#count(0);
      this.#outbox.close(isCut);
      this.#release();
    }
    if (this.#isTold) return;
    this.#isTold = true;
    this.#guard(() => this.#handler.disconnected());
  }

  outboxFailed(fault: StreamFault): void {
    this.#handler.faulty(fault);
  }

  outboxEmptied(): void {
    if (!this.#isOver) this.#guard(() => this.#handler.emptied());
  }

  outboxReleased(): void {
    this.#release();
  }

  #release(): void {
    const released = this.#released;
    this.#released = undefined;
    released?.resolve();
  }
}
