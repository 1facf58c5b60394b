import { isIP } from 'node:net';
import { plainName } from './certificate.ts';

/** How a machine is reached. */
export interface Reached {
  /** Its host name, with a domain or without. */
  hostname: string;
  addresses: readonly string[];
  /** What the configuration names besides: names and addresses. */
  more: readonly string[];
}

/** A name of a certificate has labels of letters, digits and hyphens; other names cannot stand in one. */
const DNS_NAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;
/** Nobody writes these without the name of an interface, which a certificate cannot hold. */
const OF_ONE_LINK = /^fe80:/i;

/**
 * The names and addresses that a server certificate is good for, each once, sorted, so that two lists of the same machine are equal:
 * localhost, the machine's name, with `.local` as mDNS has it, its addresses, and what the configuration adds.
 */
export function serverNames({ hostname, addresses, more }: Reached): string[] {
  const [first = ''] = hostname.split('.', 1);
  const near = addresses.filter((address) => !OF_ONE_LINK.test(address));
  const all = ['localhost', hostname, first, `${first}.local`, '127.0.0.1', '::1', ...near, ...more].map(plainName);
  return [...new Set(all.filter((each) => isIP(each) !== 0 || DNS_NAME.test(each)))].sort();
}
