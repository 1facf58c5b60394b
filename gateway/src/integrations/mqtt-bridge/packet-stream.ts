import type { Duplex } from 'node:stream';
import { WriteBuffer } from '../../mqtt-engine/write-buffer.ts';
import { PacketSplitter, type TakePacket } from './packet-splitter.ts';

/** Whoever has a stream of packets. */
export interface PacketOwner {
  readonly take: TakePacket;
  /** The stream is over; called once. `error`: why, where that is known. */
  over(error: Error | undefined): void;
  /** The other end does not keep up with what is written; then: it does again. */
  full(): void;
  drained(): void;
}

/** The packets of one connection, both ways. What is written in one turn of the event loop leaves in one piece. */
export class PacketStream {
  readonly #stream: Duplex;
  readonly #owner: PacketOwner;
  readonly #splitter: PacketSplitter;
  readonly #gathered = new WriteBuffer();
  readonly #flush = (): void => this.flush();
  #isScheduled = false;
  #isOver = false;
  #isFull = false;
  #error: Error | undefined;

  constructor(stream: Duplex, owner: PacketOwner) {
    this.#stream = stream;
    this.#owner = owner;
    this.#splitter = new PacketSplitter(owner.take);
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    stream.on('error', (error) => {
      this.#error = error;
    });
    stream.on('end', () => this.end(this.#error));
    stream.on('close', () => this.end(this.#error));
    stream.on('drain', () => this.#drained());
  }

  /** Queues a packet, which must not be changed any more. */
  write(packet: Uint8Array): void {
    if (this.#isOver) return;
    this.#gathered.append(packet);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.#flush);
  }

  /** Hands what was written to the connection now. */
  flush(): void {
    this.#isScheduled = false;
    if (this.#isOver || this.#gathered.bytes === 0) return;
    const stream = this.#stream;
    const chunks = this.#gathered.take();
    stream.cork();
    for (const chunk of chunks) stream.write(chunk);
    stream.uncork();
    if (!stream.writableNeedDrain || this.#isFull) return;
    this.#isFull = true;
    this.#owner.full();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#isOver) this.#stream.resume();
  }

  /** Says goodbye with what was written last, and ends the connection. */
  close(): void {
    this.flush();
    const stream = this.#stream;
    this.#finish();
    stream.end(() => stream.destroy());
    stream.resume();
  }

  /** Ends the connection at once. */
  end(error?: Error): void {
    if (this.#isOver) return;
    this.#finish();
    this.#stream.destroy();
    this.#owner.over(error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#splitter.close();
  }

  #read(chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#splitter.push(chunk);
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #drained(): void {
    if (!this.#isFull || this.#isOver) return;
    this.#isFull = false;
    this.#owner.drained();
  }
}
