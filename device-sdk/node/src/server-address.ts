import { CrossCommError } from './error.ts';
import { parseIp } from './identity.ts';
import type { CrossCommOptions } from './options.ts';

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

/**
 * Where a client's options say that its server is, and with which credentials `clientId` comes there. Throws CrossCommError `unreachable`
 * where `url` is no address of one.
 */
export function addressIn(
  { url, ip = DEFAULT_IP, port = DEFAULT_PORT, secure = false, account, token }: CrossCommOptions,
  clientId: string,
): ServerAddress {
  const address = url === undefined ? serverAddress(ip, port, secure) : addressOfUrl(url);
  return typeof token === 'string' ? withToken(address, account ?? address.user ?? clientId, token) : address;
}

/** CrossComm's text has no place for credentials but the address. */
function withToken(address: ServerAddress, user: string, password: string): ServerAddress {
  const url = new URL(address.url);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return { ...address, url: url.href, user, password };
}

function addressOfUrl(text: string): ServerAddress {
  const url = URL.canParse(text) ? new URL(text.replace(/^http/i, 'ws')) : undefined;
  if (url === undefined || !/^wss?:$/.test(url.protocol)) {
    throw new CrossCommError('unreachable', `"${text}" is not the address of a server.`);
  }
  const { host, username, password } = url;
  const [user, secret] = username === '' ? [] : [decodeURIComponent(username), decodeURIComponent(password)];
  return { url: url.href, http: `${url.protocol.replace('ws', 'http')}//${host}`, text: host, user, password: secret };
}
