import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Log } from '../common/log.ts';
import type { SignedIn } from '../common/signed-in.ts';
import { binaryFrame, contentOf, isBinaryFrame } from '../common/websocket-frame.ts';
import type { Incidents } from '../observability/incidents.ts';
import { type Receiver, TOO_MUCH_INCOMPLETE } from './incoming.ts';
import { Outbox, type OutboxLimits, type QueueBudget, type WriteTurn } from './outbox.ts';
import { tappableStream } from './tapped-stream.ts';
import type { ConnectionFacts, Tap, Tappable } from './taps.ts';
import { WebSocketByteStream } from './websocket-byte-stream.ts';
import type { BinaryWire, Credentials, StreamRoute, TextRoute, WebSocketRoutes } from './websocket-routes.ts';
import { fitReason, type QueuedSocket, type SocketOwner } from './websocket-socket.ts';
import type { BinarySession, Brought, TextSession, Wire } from './wire.ts';

/** A client that sends neither a pong nor anything else after this many pings is gone. */
const MAX_UNANSWERED = 2;

// Close codes of RFC 6455, section 7.4.1.
const UNSUPPORTED_DATA = 1003;
/** What the connection was opened by is over. */
const SIGNED_OUT = 1008;
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

/** What all connections of a route have in common. */
export interface RouteConnections {
  options: ConnectionOptions;
  /** The listener that logs and reports name. */
  listener: string;
  maxMessageBytes: number;
  ticksPerPing: number;
  /** What takes over a connection of text messages whose first message is binary; undefined: nothing does. */
  createBinary: ((wire: BinaryWire) => BinarySession) | undefined;
  /** Is told once of each connection that is gone. */
  gone(connection: WebSocketConnection): void;
}

/** What a connection is made of. */
export interface ConnectionParts {
  socket: QueuedSocket;
  /** The TCP socket below it. */
  raw: Socket;
  peer: string;
  brought: Brought;
  common: RouteConnections;
}

/** What the request for a WebSocket asked for, as whoever watches it is told. */
export type Asked = Pick<ConnectionFacts, 'path' | 'subprotocol' | 'credential'>;

/** An address with a port; who stands behind a proxy has none. */
const WITH_PORT = /^(?:[\d.]+|\[[^\]]*\]):\d+$/;

/** What every connection has: a peer, pings, and the report of what ws finds wrong. */
export abstract class WebSocketConnection implements SocketOwner, Receiver {
  readonly peer: string;
  protected readonly socket: QueuedSocket;
  protected readonly common: RouteConnections;
  #stopWatching: (() => void) | undefined;
  #ticks = 0;
  #unanswered = 0;
  /** How much of a message that has not come to its end is counted. */
  #counted = 0;

  constructor({ socket, raw, peer, common }: ConnectionParts) {
    this.peer = peer;
    this.socket = socket;
    this.common = common;
    socket.belongTo(this);
    // After ws, which has taken in what came by then.
    raw.on('data', () => this.#count(socket.incompleteBytes));
  }

  dropIncomplete(): void {
    this.report('PEER_TOO_MANY', TOO_MUCH_INCOMPLETE);
    this.terminate();
  }

  #count(bytes: number): void {
    this.#counted = this.common.options.budget.incoming.hold(this, bytes, this.#counted);
  }

  /** Closes it when what it was opened by is over; at once if it is. */
  endWith(signedIn: SignedIn): void {
    this.#stopWatching = signedIn.onRevoked(() => this.close(SIGNED_OUT, 'signed out'));
  }

  /** Called every second; milliseconds since 1970. */
  tick(_nowMs: number): void {
    if (++this.#ticks < this.common.ticksPerPing) return;
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

  abstract received(data: Buffer, isBinary: boolean): void;

  /** As whoever watches connections has it; `asked` where it has just been opened. */
  abstract tappable(asked?: Asked): Tappable;

  protected factsOf(asked: Asked, isStream: boolean): ConnectionFacts {
    const { peer, common } = this;
    const facts: ConnectionFacts = { listener: common.listener, by: 'websocket', isStream, peer, ...asked };
    return WITH_PORT.test(peer) ? facts : { ...facts, isBehindProxy: true };
  }

  heard(): void {
    this.#unanswered = 0;
  }

  closing(): void {}

  gone(): void {
    this.#stopWatching?.();
    this.#count(0);
    this.common.gone(this);
  }

  failed(error: NodeJS.ErrnoException): void {
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.tooLarge(this.common.maxMessageBytes);
    else if (error.code?.startsWith('WS_ERR')) {
      this.report('PEER_MALFORMED', `The connection was closed because a WebSocket frame was wrong: ${error.message}.`);
    } else if (this.log.debugging) {
      const { listener } = this.common;
      this.log.debug({ door: listener, peer: this.peer, code: error.code }, 'A connection broke.');
    }
  }

  protected refuseData(message: string): void {
    this.report('PEER_MALFORMED', message);
    this.close(UNSUPPORTED_DATA, message);
  }

  protected report(
    code: 'PEER_MALFORMED' | 'PEER_TIMEOUT' | 'PEER_TOO_LARGE' | 'PEER_TOO_MANY',
    message: string,
  ): void {
    const { listener, options } = this.common;
    options.incidents.report({ door: listener, who: this.peer, code, message });
  }

  /** A message longer than allowed, or a longer fragment of one: nothing of it was kept, and ws closes with 1009. */
  protected tooLarge(limitBytes: number): void {
    this.report('PEER_TOO_LARGE', `The connection was closed because a message was longer than ${limitBytes} bytes.`);
  }

  protected get log(): Log {
    return this.common.options.log;
  }
}

/**
 * A connection of a protocol of text messages. If its route allows it, a first message that is binary makes it a connection of another
 * protocol.
 */
export class TextConnection extends WebSocketConnection implements Wire {
  readonly #brought: Brought;
  readonly #outbox: Outbox;
  /** Undefined once it is a connection of another protocol. */
  #session: TextSession | undefined;
  #binary: BinarySession | undefined;
  #isNew = true;
  #tap: Tap | undefined;

  constructor(parts: ConnectionParts, route: TextRoute, credentials: Credentials | undefined) {
    super(parts);
    const { turn, budget, outboxLimits } = parts.common.options;
    this.#brought = parts.brought;
    this.#outbox = new Outbox(parts.raw, turn, budget, outboxLimits);
    this.#session = route.createSession(this, credentials);
  }

  get page(): Brought['page'] {
    return this.#brought.page;
  }

  get certificate(): Brought['certificate'] {
    return this.#brought.certificate;
  }

  get signedIn(): Brought['signedIn'] {
    return this.#brought.signedIn;
  }

  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  write(unit: Uint8Array): boolean {
    return this.#outbox.write(unit);
  }

  end(code = 1000, reason = ''): void {
    this.close(code, reason);
  }

  override tick(nowMs: number): void {
    if (this.socket.readyState === WebSocket.OPEN) this.#guard(() => this.#session?.tick(nowMs));
    super.tick(nowMs);
  }

  override received(data: Buffer, isBinary: boolean): void {
    // Frames may still come in after we said that we close.
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.heard();
    const isFirst = this.#isNew;
    this.#isNew = false;
    this.#tap?.received(data, isBinary);
    try {
      if (isBinary) this.#receiveBinary(data, isFirst);
      else this.#session?.receive(data.toString('utf8'));
    } catch (error) {
      this.#fail(error);
    }
  }

  override closing(code?: number, reason?: string | Buffer): void {
    this.#outbox.seal();
    this.#tap?.closed(code, reason?.toString());
  }

  override gone(): void {
    this.#tap?.closed();
    this.#guard(() => (this.#binary ?? this.#session)?.disconnected());
    super.gone();
  }

  override tappable(asked: Asked = {}): Tappable {
    return {
      facts: this.factsOf(asked, false),
      tap: (tap) => {
        this.#tap = tap;
        this.#outbox.tap = (units) => {
          for (const unit of units) tap.sent(contentOf(unit), isBinaryFrame(unit));
        };
        return () => {
          this.#tap = undefined;
          this.#outbox.tap = undefined;
        };
      },
    };
  }

  /** Writes the bytes of a binary message. False: the queue is full and nothing was queued. */
  writeBinary(bytes: Uint8Array): boolean {
    return this.#outbox.write(binaryFrame(bytes));
  }

  protected override tooLarge(limitBytes: number): void {
    this.#guard(() => (this.#binary ?? this.#session)?.receiveTooLong(limitBytes));
  }

  #receiveBinary(data: Buffer, isFirst: boolean): void {
    const { createBinary } = this.common;
    if (isFirst && createBinary) this.#becomeBinary(createBinary);
    if (this.#binary) this.#binary.receive(data);
    else this.refuseData('this door takes text messages only');
  }

  #becomeBinary(create: (wire: BinaryWire) => BinarySession): void {
    this.#session?.disconnected();
    this.#session = undefined;
    this.#binary = create(new BinaryConnection(this));
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
    const { listener } = this.common;
    const context = { code: 'INTERNAL' as const, door: listener, peer: this.peer, err: error };
    this.log.error(context, 'A connection was closed because of a fault in the gateway.');
    this.close(INTERNAL_ERROR, 'a fault in the gateway');
  }
}

/** A connection of text messages, once it is one of binary messages. */
class BinaryConnection implements BinaryWire {
  readonly #connection: TextConnection;

  constructor(connection: TextConnection) {
    this.#connection = connection;
  }

  get peer(): string {
    return this.#connection.peer;
  }

  get page(): Brought['page'] {
    return this.#connection.page;
  }

  get certificate(): Brought['certificate'] {
    return this.#connection.certificate;
  }

  get signedIn(): Brought['signedIn'] {
    return this.#connection.signedIn;
  }

  write(frame: Uint8Array): boolean {
    return this.#connection.writeBinary(frame);
  }

  end(): void {
    this.#connection.end();
  }
}

/** A connection whose binary messages are the pieces of a stream of bytes. */
export class StreamConnection extends WebSocketConnection {
  readonly stream: WebSocketByteStream;
  readonly #route: StreamRoute;

  constructor(parts: ConnectionParts, route: StreamRoute) {
    super(parts);
    this.#route = route;
    this.stream = new WebSocketByteStream(parts.socket);
  }

  override received(data: Buffer, isBinary: boolean): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.heard();
    if (isBinary) this.stream.feed(data);
    else this.refuseData(this.#route.textRefusal);
  }

  override tappable(asked: Asked = {}): Tappable {
    return tappableStream(this.stream, this.factsOf(asked, true));
  }
}
