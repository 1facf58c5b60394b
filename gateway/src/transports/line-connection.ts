import type { Socket } from 'node:net';
import type { Log } from '../common/log.ts';
import { type LineHandler, LineSplitter } from './line-splitter.ts';
import { Outbox, type OutboxLimits, type QueueBudget, type WriteTurn } from './outbox.ts';
import type { TextSession, Wire } from './wire.ts';

/** How many ticks a connection has to close after its last byte, before it is destroyed. */
const LINGER_TICKS = 5;

export interface LineConnectionOptions {
  /** The configuration key of the listener. */
  listener: string;
  /** The longest line, in bytes. */
  maxLineBytes: number;
  turn: WriteTurn;
  budget: QueueBudget;
  outboxLimits: OutboxLimits;
  log: Log;
  createSession(wire: Wire): TextSession;
}

/** One TCP connection of a protocol of text lines. The socket must be one that allows half-open connections. */
export class LineConnection implements Wire, LineHandler {
  readonly peer: string;
  readonly #socket: Socket;
  readonly #options: LineConnectionOptions;
  readonly #outbox: Outbox;
  readonly #session: TextSession;
  #ended = false;
  #lingering = 0;

  constructor(socket: Socket, peer: string, options: LineConnectionOptions) {
    this.peer = peer;
    this.#socket = socket;
    this.#options = options;
    this.#outbox = new Outbox(socket, options.turn, options.budget, options.outboxLimits);
    const splitter = new LineSplitter(options.maxLineBytes, this);
    this.#session = options.createSession(this);
    socket.on('data', (chunk: Buffer) => {
      if (!this.#ended) this.#guard(() => splitter.push(chunk));
    });
    // What was asked for before the other end said its last is still answered.
    socket.on('end', () => this.end());
    socket.on('close', () => this.#guard(() => this.#session.disconnected()));
  }

  write(unit: Uint8Array): boolean {
    return this.#outbox.write(unit);
  }

  end(): void {
    this.#ended = true;
    this.#outbox.end();
  }

  line(text: string): void {
    if (!this.#ended) this.#session.receive(text);
  }

  tooLong(): void {
    if (!this.#ended) this.#session.receiveTooLong(this.#options.maxLineBytes);
  }

  /** Called every second; milliseconds since 1970. */
  tick(nowMs: number): void {
    if (!this.#ended) this.#guard(() => this.#session.tick(nowMs));
    else if (++this.#lingering > LINGER_TICKS) this.#socket.destroy();
  }

  /** A fault of ours ends this connection, not the gateway. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      const { listener, log } = this.#options;
      const context = { code: 'INTERNAL' as const, door: listener, peer: this.peer, err: error };
      log.error(context, 'A connection was closed because of a fault in the gateway.');
      this.#ended = true;
      this.#socket.destroy();
    }
  }
}
