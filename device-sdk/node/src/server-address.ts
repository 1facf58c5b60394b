import { parseIp } from './identity.ts';

export const DEFAULT_IP = '127.0.0.1';
export const DEFAULT_PORT = 9898;

/** Where a server is, and who comes to it. */
export interface ServerAddress {
  /** Of the WebSocket. */
  url: string;
  /** Of HTTP: the same host and port. */
  http: string;
  /** For people: host and port, without credentials. */
  text: string;
  user: string | undefined;
  password: string | undefined;
}

/** `ip`: a host, or `user:password@host`. `secure`: with TLS. */
export function serverAddress(ip: string, port: number, secure: boolean): ServerAddress {
  const { user, password, host } = parseIp(ip);
  const text = `${host}:${port}`;
  const s = secure ? 's' : '';
  return { url: `ws${s}://${ip}:${port}`, http: `http${s}://${text}`, text, user, password };
}
