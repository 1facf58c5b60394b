import { hostInUrl } from '../common/host-in-url.ts';
import { outsideAddresses } from '../common/own-addresses.ts';

const EVERYWHERE = new Set(['0.0.0.0', '::', '']);

/**
 * The beginning of the gateway's address for readers of objects, without a slash at its end: from the configuration, or else the address of
 * the HTTP listener. If that listens on all addresses, it is the first address that other machines may reach.
 *
 * @param isEncrypted whether HTTP takes TLS only
 */
export function publicAddress(
  configured: string,
  { host, port }: { host: string; port: number },
  isEncrypted = false,
): string {
  if (configured !== '') {
    let end = configured.length;
    while (configured[end - 1] === '/') end--;
    return configured.slice(0, end);
  }
  const name = EVERYWHERE.has(host) ? (outsideAddresses()[0] ?? '127.0.0.1') : host;
  return `${isEncrypted ? 'https' : 'http'}://${hostInUrl(name)}:${port}`;
}
