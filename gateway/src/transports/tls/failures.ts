import type { ErrorCode } from '../../common/errors.ts';

/** What went wrong in a handshake. */
export interface HandshakeFailure {
  code: ErrorCode;
  /** A whole sentence or two: what happened, and what to do. */
  message: string;
}

/** Who is gone before the end has usually decided so for what it saw. */
export const LEFT: HandshakeFailure = {
  code: 'PEER_TLS',
  message:
    'The client ended the TLS handshake: usually it does not trust the certificate of this gateway; give it the authority ("crosscomm tls export").',
};
const CLOCK = 'is it by the clock of one of the two that is wrong? "crosscomm tls show" says until when it is good.';

/** By the reason in what OpenSSL says, without its prefixes. */
const REASONS: [pattern: RegExp, message: string][] = [
  [
    /ALERT_UNKNOWN_CA|ALERT_BAD_CERTIFICATE|ALERT_CERTIFICATE_UNKNOWN|ALERT_CERTIFICATE_REQUIRED/,
    'The client does not trust the certificate of this gateway: give it the authority ("crosscomm tls export"), and use a name or address that is in the certificate ("crosscomm tls show").',
  ],
  [/ALERT_CERTIFICATE_EXPIRED/, `The client says that the certificate of this gateway has expired: ${CLOCK}`],
  [
    /UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|ALERT_PROTOCOL_VERSION|WRONG_VERSION/,
    'The client wants a version of TLS that is too old: this gateway speaks TLS 1.2 and 1.3.',
  ],
  [
    /NO_SHARED_CIPHER|NO_SUITABLE_SIGNATURE|ALERT_HANDSHAKE_FAILURE|NO_SHARED_GROUP|NO_SUITABLE_KEY_SHARE/,
    'The client and this gateway have no cipher suite in common: it must know ECDHE with AES-GCM or ChaCha20-Poly1305, and ECDSA with P-256.',
  ],
  [/NO_APPLICATION_PROTOCOL/, 'The client wants another protocol (ALPN) than this port has.'],
];

/** What to say of a handshake that failed by `error`, as Node gives it with `tlsClientError`. */
export function failureOf({ code = '', message }: NodeJS.ErrnoException): HandshakeFailure {
  if (code === 'ECONNRESET' || code === 'EPIPE') return LEFT;
  const reason = `${code} ${message}`.toUpperCase().replaceAll(' ', '_');
  const known = REASONS.find(([pattern]) => pattern.test(reason));
  if (known) return { code: 'PEER_TLS', message: known[1] };
  const detail = /^ERR_SSL_(\w+)$/.exec(code)?.[1]?.toLowerCase().replaceAll('_', ' ') ?? (code || 'no reason given');
  return { code: 'PEER_TLS', message: `The TLS handshake failed: ${detail}.` };
}

/**
 * Why a client certificate is not accepted, by the code of OpenSSL's check.
 *
 * @param isClockTrusted whether this machine's clock is known to be right
 */
export function certificateFailure(reason: string, isClockTrusted: boolean): HandshakeFailure {
  const isOfTime = reason === 'CERT_HAS_EXPIRED' || reason === 'CERT_NOT_YET_VALID';
  if (isOfTime && !isClockTrusted) {
    const message =
      'A client certificate is not good at the time that the clock of this machine shows, but that clock is wrong: set it, or wait until a time server has.';
    return { code: 'PEER_TLS', message };
  }
  const what = isOfTime
    ? 'it has expired; make a new one with "crosscomm account certificate"'
    : `it is not one of this gateway's own (${reason}); make one with "crosscomm account certificate"`;
  return { code: 'PEER_TLS', message: `A client certificate was refused: ${what}.` };
}
