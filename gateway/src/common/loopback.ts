import { isIPv4, type Socket } from 'node:net';

/** What programs of this machine come from, whichever of its addresses they use. */
export const THIS_MACHINE = '127.0.0.1';

/** True for an address that only programs on this machine can reach. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name === '::1') return true;
  const address = name.startsWith('::ffff:') ? name.slice('::ffff:'.length) : name;
  return isIPv4(address) && address.startsWith('127.');
}

/**
 * Whether a connection comes from this machine: from a loopback address, or from the very address that it goes to, as the system takes nothing
 * with one of its own addresses from a network.
 */
export function isFromHere({
  remoteAddress = '',
  localAddress,
}: Pick<Socket, 'remoteAddress' | 'localAddress'>): boolean {
  return isLoopback(remoteAddress) || (remoteAddress !== '' && remoteAddress === localAddress);
}
