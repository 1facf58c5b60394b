import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import type { Metrics } from '../common/metrics.ts';
import type { Incidents } from '../observability/incidents.ts';
import { ConnectionCounts } from './connection-counts.ts';
import { countConnections, Descriptors, reportFull } from './descriptors.ts';
import { LineConnection, type LineConnectionOptions } from './line-connection.ts';
import { type Address, type ListenOptions, listen } from './listen.ts';
import { closeWithin, type Listener, peerOf } from './listener.ts';
import { readPromptly } from './prompt-reads.ts';
import { tappableStream } from './tapped-stream.ts';
import type { ConnectionFacts, Tappable, Taps } from './taps.ts';
import type { TlsContexts } from './tls/contexts.ts';
import { TlsGate } from './tls/gate.ts';
import { certificateOf } from './tls/peer-certificate.ts';

const TICK_MS = 1000;
const KEEP_ALIVE_MS = 30_000;
/** Larger than Node's: a turn's worth of messages should go out in one write without counting as a slow reader. */
const STREAM_BUFFER_BYTES = 64 * 1024;

/** How a port takes TLS, and nothing else. */
export interface TcpTls {
  contexts: TlsContexts;
  /** Asks clients for a certificate; they need not have one. */
  asksCertificate: boolean;
  /** How long a connection may take for its first byte and the handshake. */
  handshakeTimeoutMs: number;
  /** What a client that speaks without TLS is answered, in its protocol. */
  plainAnswer: string | Uint8Array;
}

export interface TcpListenerOptions extends ListenOptions {
  /** By default the port takes connections without TLS, and no others. */
  tls?: TcpTls | undefined;
  maxConnections: number;
  /** The limit of open files and sockets of the process, for all listeners together. */
  descriptors?: Descriptors;
  clock: Clock;
  incidents: Incidents;
  metrics: Metrics;
  log: Log;
  /** Where whoever watches connections finds these; by default nobody does. */
  taps?: Taps;
}

export interface LineListenerOptions extends TcpListenerOptions, LineConnectionOptions {
  /** The line sent to a connection beyond the limit, including the line break; empty if the protocol has none. */
  tooManyLine?: string;
}

/** Opens a TCP port for a protocol of text lines. Throws GatewayError as `listen` does. */
export async function openLineListener(options: LineListenerOptions): Promise<Listener> {
  const connections = new Set<LineConnection>();
  const listener = await openTcp(options, options.tooManyLine, (socket, peer) => {
    const connection = new LineConnection(socket, peer, options);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  const stopTicking = options.clock.every(TICK_MS, () => {
    const now = options.clock.monotonicMs();
    for (const connection of connections) connection.tick(now);
  });
  return {
    address: listener.address,
    get connections() {
      return listener.connections;
    },
    async close(graceMs) {
      for (const connection of connections) connection.end();
      await listener.close(graceMs);
      stopTicking();
    },
  };
}

export interface StreamListenerOptions extends TcpListenerOptions {
  /**
   * Takes over a connection. It need not handle errors of the socket, nor close it when the other end does.
   *
   * @param certificate SHA-256 of the client certificate by which the other end has proved itself, hexadecimal, lower case
   */
  accept(socket: Duplex, peer: string, certificate?: string): void;
}

/** Opens a TCP port for a protocol that reads its own bytes. Throws GatewayError as `listen` does. */
export function openStreamListener(options: StreamListenerOptions): Promise<Listener> {
  return openTcp(options, undefined, (socket, peer) => {
    // Nothing of ours answers on this socket after the other end has said its last.
    socket.on('end', endOf);
    options.accept(socket, peer, certificateOf(socket));
  });
}

/** The part that every TCP listener shares: the port, the sockets' options, their number, and their end. */
async function openTcp(
  options: TcpListenerOptions,
  tooManyLine: string | undefined,
  accept: (socket: Socket, peer: string) => void,
): Promise<Listener> {
  const { listener, maxConnections, descriptors = new Descriptors(), clock, incidents, metrics, log, taps } = options;
  /** Each with what its session has: without TLS, the socket itself; undefined before the handshake. */
  const sockets = new Map<Socket, Socket | undefined>();
  const counts = new ConnectionCounts(metrics, listener, 'tcp');
  const take = (socket: Socket, peer: string, raw: Socket): void => {
    if (sockets.has(raw)) sockets.set(raw, socket);
    readPromptly(socket);
    taps?.watcher?.opened(tappable(socket, { listener, peer }));
    accept(socket, peer);
  };
  const gate = options.tls && openGate(options, options.tls, take);
  let whenEmpty: (() => void) | undefined;
  // The same functions for every socket: there may be thousands of them.
  function broke(this: Socket, error: NodeJS.ErrnoException): void {
    if (log.debugging) log.debug({ door: listener, peer: peerOf(this), code: error.code }, 'A connection broke.');
  }
  function closed(this: Socket): void {
    sockets.delete(this);
    counts.closed();
    if (sockets.size === 0) whenEmpty?.();
  }
  const server: Server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    highWaterMark: STREAM_BUFFER_BYTES,
  });
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    socket.on('error', broke);
    if (descriptors.isFull) {
      reportFull(incidents, descriptors, listener, peer);
      refuse(socket, tooManyLine, clock);
      return;
    }
    if (sockets.size >= maxConnections) {
      incidents.report({
        door: listener,
        who: peer,
        code: 'PEER_TOO_MANY',
        message: `A connection was refused because ${maxConnections} are open, the most that limits.maxConnections allows.`,
      });
      refuse(socket, tooManyLine, clock);
      return;
    }
    sockets.set(socket, undefined);
    counts.opened();
    if (gate) gate.take(socket, peer);
    else take(socket, peer, socket);
    // After the listeners of whoever accepted it, so that they have heard of the end when the listener counts it.
    socket.on('close', closed);
  });
  countConnections(server, { descriptors, listener, incidents });
  const address: Address = await listen(server, options);
  server.on('error', (error) =>
    log.error(
      { code: 'PEER_TOO_MANY', door: listener, err: error },
      'The listener cannot accept connections at the moment.',
    ),
  );
  const untap = taps?.add(function* () {
    for (const socket of sockets.values()) if (socket) yield tappable(socket, { listener, peer: peerOf(socket) });
  });
  return {
    address,
    get connections() {
      return sockets.size;
    },
    close(graceMs) {
      server.close();
      gate?.close();
      untap?.();
      const empty = new Promise<void>((resolve) => {
        if (sockets.size === 0) resolve();
        else whenEmpty = resolve;
      });
      return closeWithin(clock, graceMs, empty, () => {
        for (const socket of sockets.keys()) socket.destroy();
      });
    },
  };
}

function openGate(
  { listener, clock, incidents, metrics }: TcpListenerOptions,
  { plainAnswer, ...tls }: TcpTls,
  accept: (socket: Socket, peer: string, raw: Socket) => void,
): TlsGate {
  const refusePlain = (socket: Socket, peer: string): void => {
    const message = 'A client without TLS was refused: this port takes TLS only.';
    incidents.report({ door: listener, who: peer, code: 'PEER_TLS', message });
    refuse(socket, plainAnswer, clock);
  };
  return new TlsGate({ ...tls, listener, clock, incidents, metrics, accept, refusePlain });
}

function tappable(socket: Socket, { listener, peer }: Pick<ConnectionFacts, 'listener' | 'peer'>): Tappable {
  const facts: ConnectionFacts = { listener, by: 'tcp', isStream: true, peer };
  return tappableStream(socket, certificateOf(socket) === undefined ? facts : { ...facts, credential: 'certificate' });
}

/** Where it was ended already, Node would make an error of that with its stack, for nobody. */
function endOf(this: Socket): void {
  if (!this.writableEnded) this.end();
}

/** Sends the reason, if there is one, and gives the other end a moment to read it. */
function refuse(socket: Socket, words: string | Uint8Array | undefined, clock: Clock): void {
  if (words === undefined || words.length === 0) {
    socket.destroy();
    return;
  }
  socket.resume();
  socket.end(words);
  const cancel = clock.after(TICK_MS, () => socket.destroy());
  socket.once('close', cancel);
}
