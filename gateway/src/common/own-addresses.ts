import { networkInterfaces } from 'node:os';

/** Every address that this machine has now, IPv6 ones without a zone. */
export function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.map(({ address }) => address.split('%', 1)[0] as string);
}
