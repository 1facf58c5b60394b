import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import type { Metrics } from '../common/metrics.ts';
import type { Incidents } from '../observability/incidents.ts';
import { ConnectionCounts } from './connection-counts.ts';
import { countConnections, Descriptors, reportFull } from './descriptors.ts';
import { LineConnection, type LineConnectionOptions } from './line-connection.ts';
import { type Address, listen } from './listen.ts';
import { closeWithin, type Listener, peerOf } from './listener.ts';

const TICK_MS = 1000;
const KEEP_ALIVE_MS = 30_000;
/** Larger than Node's: a turn's worth of messages should go out in one write without counting as a slow reader. */
const STREAM_BUFFER_BYTES = 64 * 1024;

export interface TcpListenerOptions {
  host: string;
  /** 0 asks for a free one. */
  port: number;
  /** The configuration key of the listener: `oocsi`, `mqtt`. */
  listener: string;
  maxConnections: number;
  /** The limit of open files and sockets of the process, for all listeners together. */
  descriptors?: Descriptors;
  clock: Clock;
  incidents: Incidents;
  metrics: Metrics;
  log: Log;
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
    socket.once('close', () => connections.delete(connection));
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
  /** Takes over a connection. It need not handle errors of the socket, nor close it when the other end does. */
  accept(socket: Duplex, peer: string): void;
}

/** Opens a TCP port for a protocol that reads its own bytes. Throws GatewayError as `listen` does. */
export function openStreamListener(options: StreamListenerOptions): Promise<Listener> {
  return openTcp(options, undefined, (socket, peer) => {
    // Nothing of ours answers on this socket after the other end has said its last.
    socket.on('end', () => socket.end());
    options.accept(socket, peer);
  });
}

/** The part that every TCP listener shares: the port, the sockets' options, their number, and their end. */
async function openTcp(
  {
    host,
    port,
    listener,
    maxConnections,
    descriptors = new Descriptors(),
    clock,
    incidents,
    metrics,
    log,
  }: TcpListenerOptions,
  tooManyLine: string | undefined,
  accept: (socket: Socket, peer: string) => void,
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const counts = new ConnectionCounts(metrics, listener, 'tcp');
  let whenEmpty: (() => void) | undefined;
  const server: Server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    highWaterMark: STREAM_BUFFER_BYTES,
  });
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (log.debugging) log.debug({ door: listener, peer, code: error.code }, 'A connection broke.');
    });
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
    sockets.add(socket);
    counts.opened();
    accept(socket, peer);
    // After the listeners of whoever accepted it, so that they have heard of the end when the listener counts it.
    socket.once('close', () => {
      sockets.delete(socket);
      counts.closed();
      if (sockets.size === 0) whenEmpty?.();
    });
  });
  countConnections(server, { descriptors, listener, incidents });
  const address: Address = await listen(server, { host, port, listener });
  server.on('error', (error) =>
    log.error(
      { code: 'PEER_TOO_MANY', door: listener, err: error },
      'The listener cannot accept connections at the moment.',
    ),
  );
  return {
    address,
    get connections() {
      return sockets.size;
    },
    close(graceMs) {
      server.close();
      const empty = new Promise<void>((resolve) => {
        if (sockets.size === 0) resolve();
        else whenEmpty = resolve;
      });
      return closeWithin(clock, graceMs, empty, () => {
        for (const socket of sockets) socket.destroy();
      });
    },
  };
}

/** Sends the reason, if there is one, and gives the other end a moment to read it. */
function refuse(socket: Socket, words: string | undefined, clock: Clock): void {
  if (!words) {
    socket.destroy();
    return;
  }
  socket.resume();
  socket.end(words);
  const cancel = clock.after(TICK_MS, () => socket.destroy());
  socket.once('close', cancel);
}
