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
  /** The certificates of the authorities that it trusts over TLS, PEM; undefined: those of the system. */
  ca?: string | undefined;
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
 * where `url` is no address of one, or `ca` no certificate.
 */
export function addressIn(
  { url, ip = DEFAULT_IP, port = DEFAULT_PORT, secure = false, account, token, ca }: CrossCommOptions,
  clientId: string,
): ServerAddress {
  const address = { ...(url === undefined ? serverAddress(ip, port, secure) : addressOfUrl(url)), ca: pemOf(ca) };
  return typeof token === 'string' ? withToken(address, account ?? address.user ?? clientId, token) : address;
}

function pemOf(ca: CrossCommOptions['ca']): string | undefined {
  if (ca === undefined) return undefined;
  const text = typeof ca === 'string' ? ca : new TextDecoder().decode(ca);
  if (text.includes('-----BEGIN ')) return text;
  const how = "such as readFileSync('ca.crt'), and not the name of a file";
  throw new CrossCommError('unreachable', `The option ca must be the text of a certificate (PEM), ${how}.`);
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
