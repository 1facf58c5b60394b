/**
 * The port that a server listens on; NaN where it does not listen on one.
 * @param {{ address(): import('node:net').AddressInfo | string | null }} server
 */
export function portOf(server) {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : Number.NaN;
}
