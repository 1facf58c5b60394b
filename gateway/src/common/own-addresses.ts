import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

function interfaces(): NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces()).flatMap((each) => each ?? []);
}

/** Every address that this machine has now, IPv6 ones without a zone. */
export function ownAddresses(): string[] {
  return interfaces().map(({ address }) => address.split('%', 1)[0] as string);
}

/** The IPv4 addresses that other machines may reach this one at. */
export function outsideAddresses(): string[] {
  return interfaces()
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}
