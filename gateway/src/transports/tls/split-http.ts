import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { peerOf } from '../listener.ts';
import { TlsGate, type TlsGateOptions } from './gate.ts';

type OnConnection = (this: Server, socket: Socket) => void;

/**
 * Lets an HTTP server take TLS on the port that takes HTTP, told apart by the first byte. Requests that came by TLS have an `encrypted`
 * socket. Call it before anyone else listens for its connections.
 *
 * @returns what ends the connections that have not said yet what they speak
 */
export function splitHttp(server: Server, options: Omit<TlsGateOptions, 'accept' | 'protocols'>): () => void {
  const own = server.listeners('connection') as OnConnection[];
  server.removeAllListeners('connection');
  const gate = new TlsGate({
    ...options,
    protocols: ['http/1.1'],
    accept: (socket) => {
      for (const listener of own) listener.call(server, socket);
    },
  });
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    gate.take(socket, peerOf(socket));
  });
  return () => gate.close();
}
