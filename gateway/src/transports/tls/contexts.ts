import { constants, randomBytes } from 'node:crypto';
import { createSecureContext, createServer, type Server, type TlsOptions } from 'node:tls';
import { Handshakes } from './handshakes.ts';

/** What a server shows, and by what it knows its clients; all in PEM. */
export interface TlsMaterial {
  /** The certificate, and those between it and its authority. */
  certificate: string;
  key: string;
  /** The authority of client certificates. */
  clientAuthority: string;
}

export interface TlsServerOptions {
  /** Asks clients for a certificate; they need not have one. */
  asksCertificate: boolean;
  /** Protocols that a client may ask for (ALPN); by default whatever it asks for is ignored. */
  protocols?: string[];
}

/** How long a client may come back to its session, so that one which sleeps for hours need not do a whole handshake. */
const SESSION_SECONDS = 86_400;
/** Sessions are for all listeners, and for nothing else. */
const SESSION_CONTEXT = 'crosscomm';
const TICKET_KEY_BYTES = 48;
/** TLS 1.3 has good suites only; of TLS 1.2 those with forward secrecy and authenticated encryption (RFC 9325, section 4.2). */
const CIPHERS = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
].join(':');

/**
 * The certificate that all listeners show. It can be replaced while they are open: connections stay, and so do the sessions of clients
 * that come back.
 */
export class TlsContexts {
  /** The handshakes of all listeners. */
  readonly handshakes = new Handshakes();
  readonly #servers = new Set<Server>();
  #ticketKeys = randomBytes(TICKET_KEY_BYTES);
  #material: TlsMaterial;

  /** Throws an Error where the certificate and the key are none, or not of each other. */
  constructor(material: TlsMaterial) {
    this.#check(material);
    this.#material = material;
  }

  /** The certificate that is shown. */
  get material(): Readonly<TlsMaterial> {
    return this.#material;
  }

  /** Shows another certificate from now on. Throws an Error, and goes on with the former one, where it cannot be used. */
  replace(material: TlsMaterial): void {
    this.#check(material);
    this.#material = material;
    for (const server of this.#servers) server.setSecureContext(this.#options());
  }

  /** Makes new keys for sessions, so that who learns today's cannot read what was said before. Clients do one whole handshake then. */
  renewTicketKeys(): void {
    this.#ticketKeys = randomBytes(TICKET_KEY_BYTES);
    for (const server of this.#servers) server.setTicketKeys(this.#ticketKeys);
  }

  /** What does the handshakes of one listener: connections are given to it as `connection` events. It never listens itself. */
  server({ asksCertificate, protocols }: TlsServerOptions): Server {
    const server = createServer({
      ...this.#options(),
      requestCert: asksCertificate,
      rejectUnauthorized: false,
      ...(protocols && { ALPNProtocols: protocols }),
    });
    this.#servers.add(server);
    return server;
  }

  #options(): TlsOptions {
    const { certificate, key, clientAuthority } = this.#material;
    return {
      ...{ cert: certificate, key, ca: clientAuthority, minVersion: 'TLSv1.2', ciphers: CIPHERS },
      honorCipherOrder: true,
      // A client without hardware for AES gets what is faster for it.
      secureOptions: constants.SSL_OP_PRIORITIZE_CHACHA | constants.SSL_OP_NO_RENEGOTIATION,
      ...{ ticketKeys: this.#ticketKeys, sessionIdContext: SESSION_CONTEXT, sessionTimeout: SESSION_SECONDS },
    };
  }

  #check({ certificate, key }: TlsMaterial): void {
    createSecureContext({ cert: certificate, key });
  }
}
