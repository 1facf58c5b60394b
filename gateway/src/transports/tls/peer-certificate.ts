/** The client certificates of open connections. */
const CERTIFICATES = new WeakMap<object, string>();

/** Notes the certificate by which the other end of a connection has proved itself. */
export function noteCertificate(socket: object, fingerprint: string): void {
  CERTIFICATES.set(socket, fingerprint);
}

/**
 * SHA-256 of the client certificate, hexadecimal, lower case, by which the other end has proved itself; it was issued by this gateway's
 * own authority. Undefined where it showed none, and for a connection without TLS.
 */
export function certificateOf(socket: object): string | undefined {
  return CERTIFICATES.get(socket);
}
