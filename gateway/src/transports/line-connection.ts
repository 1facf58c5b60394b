import type { Socket } from 'node:net';
import type { Log } from '../common/log.ts';
import type { Incidents } from '../observability/incidents.ts';
import { type Receiver, TOO_MUCH_INCOMPLETE } from './incoming.ts';
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
  incidents: Incidents;
  log: Log;
  createSession(wire: Wire): TextSession;
}

/** One TCP connection of a protocol of text lines. The socket must be one that allows half-open connections. */
export class LineConnection implements Wire, LineHandler, Receiver {
  readonly peer: string;
  readonly #socket: Socket;
  readonly #options: LineConnectionOptions;
  readonly #outbox: Outbox;
  readonly #session: TextSession;
  readonly #splitter: LineSplitter;
  /** How much of an unfinished line is counted. */
  #counted = 0;
  #ended = false;
  #lingering = 0;

  constructor(socket: Socket, peer: string, options: LineConnectionOptions) {
    this.peer = peer;
    this.#socket = socket;
    this.#options = options;
    this.#outbox = new Outbox(socket, options.turn, options.budget, options.outboxLimits);
    this.#splitter = new LineSplitter(options.maxLineBytes, this);
    this.#session = options.createSession(this);
    socket.on('data', (chunk: Buffer) => {
      if (this.#ended) return;
      this.#guard(() => this.#splitter.push(chunk));
      this.#count(this.#splitter.heldBytes);
    });
    // What was asked for before the other end said its last is still answered.
    socket.on('end', () => this.end());
    socket.on('close', () => {
      this.#count(0);
      this.#guard(() => this.#session.disconnected());
    });
  }

  dropIncomplete(): void {
    const { listener, incidents } = this.#options;
    incidents.report({ door: listener, who: this.peer, code: 'PEER_TOO_MANY', message: TOO_MUCH_INCOMPLETE });
    this.#ended = true;
    this.#splitter.drop();
    this.#socket.destroy();
  }

  #count(bytes: number): void {
    this.#counted = this.#options.budget.incoming.hold(this, bytes, this.#counted);
  }

  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
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
