/** The address in where the other end of a connection is: `127.0.0.1` of `127.0.0.1:50312`, `::1` of `[::1]:50312`. */
export function addressOf(peer: string): string {
  const bracket = peer.startsWith('[') ? peer.indexOf(']') : -1;
  if (bracket > 0) return peer.slice(1, bracket);
  const colon = peer.indexOf(':');
  return colon > 0 && colon === peer.lastIndexOf(':') ? peer.slice(0, colon) : peer;
}
