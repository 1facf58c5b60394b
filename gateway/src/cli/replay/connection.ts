import { createSocket } from 'node:dgram';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { hostInUrl } from '../../common/host-in-url.ts';

/** A connection to a gateway, as a client has it. */
export interface Connection {
  /** Resolves when it is open; rejects where it cannot be opened. */
  readonly opened: Promise<void>;
  send(bytes: Uint8Array, isBinary: boolean): void;
  close(): void;
}

/** What a connection tells. */
export interface ConnectionHandler {
  received(bytes: Buffer): void;
  /** The gateway has ended it, or it is gone; `code` where a WebSocket was closed with one. */
  ended(code?: number): void;
}

export interface Place {
  host: string;
  port: number;
  /** It takes TLS; the authority of its certificate, where it is known. */
  tls: { ca?: string | undefined } | undefined;
}

/** How a WebSocket is asked for. */
export interface WebSocketRequest {
  path: string;
  subprotocol: string | undefined;
  /** The value of its header Authorization. */
  authorization: string | undefined;
}

export function openTcp({ host, port, tls }: Place, handler: ConnectionHandler): Connection {
  const socket = tls ? connectTls({ host, port, servername: host, ...tls }) : connectTcp({ host, port });
  const opened = new Promise<void>((resolve, reject) => {
    socket.once(tls ? 'secureConnect' : 'connect', resolve);
    socket.once('error', reject);
  });
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => handler.received(bytes));
  socket.on('close', () => handler.ended());
  return { opened, send: (bytes) => void socket.write(bytes), close: () => void socket.end() };
}

/** Throws where the request cannot be made. */
export function openWebSocket(
  { host, port, tls }: Place,
  { path, subprotocol, authorization }: WebSocketRequest,
  handler: ConnectionHandler,
): Connection {
  // A recording may be anybody's: `@` in front would lead to another host, with the credential.
  if (!path.startsWith('/')) throw new Error('what its request asked for is no path');
  const url = `${tls ? 'wss' : 'ws'}://${hostInUrl(host)}:${port}${path}`;
  const headers = authorization === undefined ? {} : { authorization };
  const socket = new WebSocket(url, subprotocol ?? [], { headers, perMessageDeflate: false, ...tls });
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  socket.on('message', (data) => handler.received(data as Buffer));
  socket.on('close', (code) => handler.ended(code));
  return {
    opened,
    send(bytes, isBinary) {
      if (socket.readyState === WebSocket.OPEN) socket.send(bytes, { binary: isBinary });
    },
    close: () => socket.close(),
  };
}

export function openUdp({ host, port }: Place, handler: ConnectionHandler): Connection {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(port, host, resolve);
  });
  socket.on('error', () => {});
  socket.on('message', (bytes) => handler.received(bytes));
  let isClosed = false;
  return {
    opened,
    send(bytes) {
      if (!isClosed) socket.send(bytes);
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      socket.close();
    },
  };
}
