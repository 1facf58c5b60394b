import { isIPv6 } from 'node:net';
import { plainAddress } from './peer-address.ts';

/**
 * What one household or machine has of the internet: an IPv4 address, or the first 64 bits of an IPv6 address, of which it can take any.
 * Link-local addresses and what is no address (a serial port, a network already) stay as they are. Whatever counts by address counts by this.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const plain = plainAddress(address);
  const lower = plain.toLowerCase();
  if (!isIPv6(lower) || lower.startsWith('fe80:')) return plain;
  const [before = '', after] = lower.split('::');
  const left = before === '' ? [] : before.split(':');
  const right = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...new Array<string>(Math.max(0, zeros)).fill('0'), ...right];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
