import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Log } from '../common/log.ts';
import { binaryFrame } from '../common/websocket-frame.ts';
import type { Incidents } from '../observability/incidents.ts';
import { Outbox, type OutboxLimits, type QueueBudget, type WriteTurn } from './outbox.ts';
import { WebSocketByteStream } from './websocket-byte-stream.ts';
import type {
  BinaryWire,
  Credentials,
  StreamRoute,
  TextRoute,
  WebSocketRoute,
  WebSocketRoutes,
} from './websocket-routes.ts';
import { fitReason, type QueuedSocket } from './websocket-socket.ts';
import type { BinarySession, Brought, TextSession, Wire } from './wire.ts';

/** A client that sends neither a pong nor anything else after this many pings is gone. */
const MAX_UNANSWERED = 2;

// Close codes of RFC 6455, section 7.4.1.
const UNSUPPORTED_DATA = 1003;
const INTERNAL_ERROR = 1011;

/** What all connections of a server have in common. */
export interface ConnectionOptions {
  routes: WebSocketRoutes;
  turn: WriteTurn;
  budget: QueueBudget;
  outboxLimits: OutboxLimits;
  incidents: Incidents;
  log: Log;
}

/** What a connection is made of. */
export interface ConnectionParts {
  socket: QueuedSocket;
  /** The TCP socket below it. */
  raw: Socket;
  peer: string;
  brought: Brought;
  options: ConnectionOptions;
}

/** What every connection has: a peer, pings, and the report of what ws finds wrong. */
export abstract class WebSocketConnection {
  readonly peer: string;
  protected readonly socket: QueuedSocket;
  protected readonly options: ConnectionOptions;
  /** The listener that logs and reports name. */
  protected readonly listener: string;
  readonly #ticksPerPing: number;
  #ticks = 0;
  #unanswered = 0;

  constructor({ socket, peer, options }: ConnectionParts, { listener, maxMessageBytes }: WebSocketRoute) {
    this.peer = peer;
    this.socket = socket;
    this.listener = listener;
    this.options = options;
    this.#ticksPerPing = Math.max(1, Math.round(options.routes.pingIntervalMs / 1000));
    socket.on('pong', () => this.heard());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#explain(error, maxMessageBytes));
  }

  /** Called every second; milliseconds since 1970. */
  tick(_nowMs: number): void {
    if (++this.#ticks < this.#ticksPerPing) return;
    this.#ticks = 0;
    if (this.#unanswered >= MAX_UNANSWERED) {
      this.report('PEER_TIMEOUT', `The connection was closed because ${MAX_UNANSWERED} pings were not answered.`);
      this.socket.terminate();
    } else if (this.socket.readyState === WebSocket.OPEN) {
      this.#unanswered++;
      this.socket.ping();
    }
  }

  close(code: number, reason: string): void {
    this.socket.close(code, fitReason(reason));
  }

  terminate(): void {
    this.socket.terminate();
  }

  protected heard(): void {
    this.#unanswered = 0;
  }

  protected refuseData(message: string): void {
    this.report('PEER_MALFORMED', message);
    this.close(UNSUPPORTED_DATA, message);
  }

  protected report(code: 'PEER_MALFORMED' | 'PEER_TIMEOUT' | 'PEER_TOO_LARGE', message: string): void {
    this.options.incidents.report({ door: this.listener, who: this.peer, code, message });
  }

  /** A message longer than allowed, or a longer fragment of one: nothing of it was kept, and ws closes with 1009. */
  protected tooLarge(limitBytes: number): void {
    this.report('PEER_TOO_LARGE', `The connection was closed because a message was longer than ${limitBytes} bytes.`);
  }

  protected get log(): Log {
    return this.options.log;
  }

  #explain(error: NodeJS.ErrnoException, maxMessageBytes: number): void {
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.tooLarge(maxMessageBytes);
    else if (error.code?.startsWith('WS_ERR')) {
      this.report('PEER_MALFORMED', `The connection was closed because a WebSocket frame was wrong: ${error.message}.`);
    } else if (this.log.debugging) {
      this.log.debug({ door: this.listener, peer: this.peer, code: error.code }, 'A connection broke.');
    }
  }
}

/**
 * A connection of a protocol of text messages. If its route allows it, a first message that is binary makes it a connection of another
 * protocol.
 */
export class TextConnection extends WebSocketConnection implements Wire {
  readonly page: Brought['page'];
  readonly certificate: Brought['certificate'];
  readonly signedIn: Brought['signedIn'];
  readonly #outbox: Outbox;
  readonly #session: TextSession;
  readonly #createBinary: ((wire: BinaryWire) => BinarySession) | undefined;
  #binary: BinarySession | undefined;
  #isNew = true;

  constructor(parts: ConnectionParts, route: TextRoute, credentials: Credentials | undefined) {
    super(parts, route);
    const { socket, raw, brought, options } = parts;
    this.page = brought.page;
    this.certificate = brought.certificate;
    this.signedIn = brought.signedIn;
    this.#createBinary = options.routes.binaryOf(route);
    this.#outbox = new Outbox(raw, options.turn, options.budget, options.outboxLimits);
    socket.outbox = this.#outbox;
    this.#session = route.createSession(this, credentials);
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on('close', () => this.#guard(() => (this.#binary ?? this.#session).disconnected()));
  }

  write(unit: Uint8Array): boolean {
    return this.#outbox.write(unit);
  }

  end(code = 1000, reason = ''): void {
    this.close(code, reason);
  }

  override tick(nowMs: number): void {
    if (this.socket.readyState === WebSocket.OPEN && !this.#binary) this.#guard(() => this.#session.tick(nowMs));
    super.tick(nowMs);
  }

  protected override tooLarge(limitBytes: number): void {
    this.#guard(() => (this.#binary ?? this.#session).receiveTooLong(limitBytes));
  }

  #receive(data: Buffer, isBinary: boolean): void {
    // Frames may still come in after we said that we close.
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.heard();
    const isFirst = this.#isNew;
    this.#isNew = false;
    try {
      if (isBinary) this.#receiveBinary(data, isFirst);
      else if (!this.#binary) this.#session.receive(data.toString('utf8'));
    } catch (error) {
      this.#fail(error);
    }
  }

  #receiveBinary(data: Buffer, isFirst: boolean): void {
    if (isFirst && this.#createBinary) this.#becomeBinary(this.#createBinary);
    if (this.#binary) this.#binary.receive(data);
    else this.refuseData('this door takes text messages only');
  }

  #becomeBinary(create: (wire: BinaryWire) => BinarySession): void {
    this.#session.disconnected();
    this.#binary = create({
      peer: this.peer,
      page: this.page,
      certificate: this.certificate,
      signedIn: this.signedIn,
      write: (frame) => this.#outbox.write(binaryFrame(frame)),
      end: () => this.end(),
    });
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A fault of ours ends this connection, not the gateway. */
  #fail(error: unknown): void {
    const context = { code: 'INTERNAL' as const, door: this.listener, peer: this.peer, err: error };
    this.log.error(context, 'A connection was closed because of a fault in the gateway.');
    this.close(INTERNAL_ERROR, 'a fault in the gateway');
  }
}

/** A connection whose binary messages are the pieces of a stream of bytes. */
export class StreamConnection extends WebSocketConnection {
  readonly stream: WebSocketByteStream;

  constructor(parts: ConnectionParts, route: StreamRoute) {
    super(parts, route);
    const { socket } = parts;
    this.stream = new WebSocketByteStream(socket);
    socket.on('message', (data, isBinary) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      this.heard();
      if (isBinary) this.stream.feed(data as Buffer);
      else this.refuseData(route.textRefusal);
    });
  }
}
