/** The address in where the other end of a connection is: `127.0.0.1` of `127.0.0.1:50312`, `::1` of `[::1]:50312`. */
export function addressOf(peer: string): string {
  const bracket = peer.startsWith('[') ? peer.indexOf(']') : -1;
  if (bracket > 0) return peer.slice(1, bracket);
  const colon = peer.indexOf(':');
  return colon > 0 && colon === peer.lastIndexOf(':') ? peer.slice(0, colon) : peer;
}

/** An address as people write it: `192.168.1.20` of `::ffff:192.168.1.20`, `fe80::1` of `fe80::1%eth0`. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/i, '').split('%', 1)[0] ?? '';
}
