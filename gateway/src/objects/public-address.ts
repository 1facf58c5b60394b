import { hostInUrl } from '../common/host-in-url.ts';
import { outsideAddresses } from '../common/own-addresses.ts';

const EVERYWHERE = new Set(['0.0.0.0', '::', '']);

/**
 * What an address of the gateway begins with, for those who are to read objects from it, without a slash at its end: what
 * the configuration says, or else where HTTP listens. Listening everywhere, that is the first address that other machines
 * may reach.
 */
export function publicAddress(configured: string, { host, port }: { host: string; port: number }): string {
  if (configured !== '') {
    let end = configured.length;
    while (configured[end - 1] === '/') end--;
    return configured.slice(0, end);
  }
  const name = EVERYWHERE.has(host) ? (outsideAddresses()[0] ?? '127.0.0.1') : host;
  return `http://${hostInUrl(name)}:${port}`;
}
