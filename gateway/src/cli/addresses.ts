import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { hostInUrl } from '../common/host-in-url.ts';
import { outsideAddresses } from '../common/own-addresses.ts';

/** How long the name of this machine may take to be looked up: a person waits for the table. */
const LOOKUP_MS = 300;

/** Whether a listener at this address is reached by every address of the machine. */
export function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** An address that reaches a listener at `host`, as a number, and an IPv6 one in brackets, as before a port. */
export function reachable(host: string): string {
  if (isEveryAddress(host)) return outsideAddresses()[0] ?? '127.0.0.1';
  return hostInUrl(host);
}

/** The machine's name as mDNS tells it to others, `raspberrypi.local`, where it resolves here. */
export async function localName(): Promise<string | undefined> {
  const name = `${hostname().replace(/\.local$/, '')}.local`;
  const found = lookup(name).then(
    () => name,
    () => undefined,
  );
  return await Promise.race([found, delay(LOOKUP_MS, undefined, { ref: false })]);
}
