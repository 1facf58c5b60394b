import { networkInterfaces } from 'node:os';
import { Networks } from './networks.ts';

/** Networks that nothing from the Internet comes from (RFC 1918, 3927, 4193, 4291, 6598), and this machine itself. */
const PRIVATE_NETWORKS = new Networks([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
]);
/** A tunnel may call half of the Internet its network. */
const SHORTEST_PREFIX = 8;

/**
 * True for an address of a private network, or of one that this machine is in now: routers keep away what somebody elsewhere sends in
 * its name. `address`: without a port.
 */
export function isNearAddress(address: string): boolean {
  return PRIVATE_NETWORKS.has(address) || new Networks(ownNetworks()).has(address);
}

/** Such as `131.155.1.7/22`. */
function ownNetworks(): string[] {
  const own = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).flatMap(({ cidr }) => cidr ?? []));
  return own.filter((cidr) => Number(cidr.split('/', 2)[1]) >= SHORTEST_PREFIX);
}
