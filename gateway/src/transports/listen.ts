import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { GatewayError } from '../common/errors.ts';
import { hostInUrl } from '../common/host-in-url.ts';

/** How many connections may wait to be accepted: a crowd of boards that starts at once must not be turned away. */
const BACKLOG = 2048;

export interface ListenOptions {
  host: string;
  /** 0 asks for a free one. */
  port: number;
  /** Its name in logs and in `/status`: `oocsi`, `http`, `mqttTls`. */
  listener: string;
  /** The configuration keys of its host and port, for messages; by default `host` and `port` of the section that `listener` names. */
  keys?: { host: string; port: string } | undefined;
}

/** Where a listener was really opened. */
export interface Address {
  host: string;
  port: number;
  /** Left out where the listener knows no TLS. */
  tls?: 'accepted' | 'required';
}

/**
 * Opens a server's port. Resolves to the address that was bound; `host` is the one that was asked for.
 * Throws GatewayError DOOR_PORT_IN_USE or DOOR_ADDRESS.
 */
export function listen(server: Server | HttpServer, options: ListenOptions): Promise<Address> {
  const { host, port } = options;
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening);
      reject(explainListen(error, options));
    };
    const onListening = (): void => {
      server.off('error', onError);
      resolve({ host, port: (server.address() as AddressInfo).port });
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen({ host, port, backlog: BACKLOG });
  });
}

/** Why a port cannot be opened, and what to do about it. */
export function explainListen(
  error: NodeJS.ErrnoException,
  { host, port, listener, keys = { host: `${listener}.host`, port: `${listener}.port` } }: ListenOptions,
): GatewayError {
  const where = `${hostInUrl(host)}:${port}`;
  const options = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new GatewayError(
        'DOOR_PORT_IN_USE',
        `The ${listener} listener cannot open ${where} because another program has it; stop that program, or set ${keys.port} to another port (0 takes a free one).`,
        options,
      );
    case 'EACCES':
      return new GatewayError(
        'DOOR_ADDRESS',
        `The ${listener} listener may not open ${where}: ports below 1024 need special rights; set ${keys.port} to a higher one.`,
        options,
      );
    case 'EADDRNOTAVAIL':
      return new GatewayError(
        'DOOR_ADDRESS',
        `The ${listener} listener cannot open ${where} because this machine does not have that address; set ${keys.host} to one that it has, or to 127.0.0.1.`,
        options,
      );
    default:
      return new GatewayError(
        'DOOR_ADDRESS',
        `The ${listener} listener cannot open ${where} (${error.code ?? error.message}); set ${keys.host} and ${keys.port} to an address of this machine.`,
        options,
      );
  }
}
