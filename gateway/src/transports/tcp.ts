import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../hub/clock.ts';
import type { Incidents } from '../observability/incidents.ts';
import type { Log } from '../observability/log.ts';
import type { TextSession, Wire } from '../protocols/wire.ts';
import { countConnections, Descriptors, reportFull } from './descriptors.ts';
import { closeWithin, type Door, peerOf } from './door.ts';
import { LineConnection } from './line-connection.ts';
import { type Address, listen } from './listen.ts';
import type { OutboxLimits, QueueBudget, WriteTurn } from './outbox.ts';

const TICK_MS = 1000;
const KEEP_ALIVE_MS = 30_000;
/** Larger than Node's: a turn's worth of messages should go out in one write without counting as a slow reader. */
const STREAM_BUFFER_BYTES = 64 * 1024;

export interface TcpDoorOptions {
  host: string;
  /** 0 asks for a free one. */
  port: number;
  /** The configuration key of the door: `oocsi`, `mqtt`. */
  door: string;
  maxConnections: number;
  /** What the process may have open, for all listeners together. */
  descriptors?: Descriptors;
  clock: Clock;
  incidents: Incidents;
  log: Log;
}

export interface LineDoorOptions extends TcpDoorOptions {
  maxLineBytes: number;
  turn: WriteTurn;
  budget: QueueBudget;
  outboxLimits: OutboxLimits;
  /** What a connection is told that is one too many, line break included; empty where the protocol has no words for it. */
  tooManyLine?: string;
  createSession(wire: Wire): TextSession;
}

/** Opens a TCP port for a protocol of text lines. Throws GatewayError as `listen` does. */
export async function openLineDoor(options: LineDoorOptions): Promise<Door> {
  const connections = new Set<LineConnection>();
  const door = await openTcp(options, options.tooManyLine, (socket, peer) => {
    const connection = new LineConnection(socket, peer, options);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  const stopTicking = options.clock.every(TICK_MS, () => {
    const now = options.clock.monotonicMs();
    for (const connection of connections) connection.tick(now);
  });
  return {
    address: door.address,
    get connections() {
      return door.connections;
    },
    async close(graceMs) {
      for (const connection of connections) connection.end();
      await door.close(graceMs);
      stopTicking();
    },
  };
}

export interface StreamDoorOptions extends TcpDoorOptions {
  /** Takes over a connection. It need not handle errors of the socket, nor close it when its peer does. */
  accept(socket: Duplex, peer: string): void;
}

/** Opens a TCP port for a protocol that reads its own bytes. Throws GatewayError as `listen` does. */
export function openStreamDoor(options: StreamDoorOptions): Promise<Door> {
  return openTcp(options, undefined, (socket, peer) => {
    // Nothing of ours answers on this socket after the other end has said its last.
    socket.on('end', () => socket.end());
    options.accept(socket, peer);
  });
}

/** The part that every TCP door shares: the port, the sockets' options, their number, and their end. */
async function openTcp(
  { host, port, door, maxConnections, descriptors = new Descriptors(), clock, incidents, log }: TcpDoorOptions,
  tooManyLine: string | undefined,
  accept: (socket: Socket, peer: string) => void,
): Promise<Door> {
  const sockets = new Set<Socket>();
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
      if (log.debugging) log.debug({ door, peer, code: error.code }, 'A connection broke.');
    });
    if (descriptors.isFull) {
      reportFull(incidents, descriptors, door, peer);
      refuse(socket, tooManyLine, clock);
      return;
    }
    if (sockets.size >= maxConnections) {
      incidents.report({
        door,
        who: peer,
        code: 'PEER_TOO_MANY',
        message: `A connection was refused because ${maxConnections} are open, the most that limits.maxConnections allows.`,
      });
      refuse(socket, tooManyLine, clock);
      return;
    }
    sockets.add(socket);
    accept(socket, peer);
    // After the listeners of whoever accepted it, so that they have heard of the end when the door counts it.
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) whenEmpty?.();
    });
  });
  countConnections(server, { descriptors, door, incidents });
  const address: Address = await listen(server, { host, port, door });
  server.on('error', (error) =>
    log.error({ code: 'PEER_TOO_MANY', door, err: error }, 'The door cannot accept connections at the moment.'),
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

/** Says why, where there are words for it, and leaves the other end a moment to read them. */
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
