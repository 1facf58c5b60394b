import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Heard, JOIN_MS } from './probe.ts';

/** Where a listener is. */
export interface Place {
  host: string;
  port: number;
  /** It speaks TLS only; the certificate is looked at elsewhere. */
  tls: boolean;
}

export interface Connection {
  socket: Socket;
  heard: Heard;
}

/** Connects; rejects with an Error that says why that could not be. */
export function connectTo({ host, port, tls }: Place): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const heard = new Heard();
    // Only a gateway of this machine is asked by TLS, whose operator looks here.
    const socket = tls ? connectTls({ host, port, rejectUnauthorized: false }) : connectTcp({ host, port });
    socket.setNoDelay(true);
    const timer = setTimeout(() => socket.destroy(new Error('it does not answer')), JOIN_MS);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      resolve({ socket, heard });
    });
    socket.on('data', (chunk: Buffer) => heard.add(chunk));
    socket.on('error', (error) => {
      heard.end(error);
      reject(error);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      heard.end(new Error('the connection was closed'));
    });
  });
}
