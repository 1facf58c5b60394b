import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import type { Clock } from '../../common/clock.ts';
import type { Counter, FamilySpec, Members, Metrics } from '../../common/metrics.ts';
import { addressOf } from '../../common/peer-address.ts';
import type { Incidents } from '../../observability/incidents.ts';
import { peerOf } from '../listener.ts';
import type { TlsContexts, TlsServerOptions } from './contexts.ts';
import { certificateFailure, failureOf, type HandshakeFailure, LEFT } from './failures.ts';
import type { Handshake } from './handshakes.ts';
import { noteCertificate } from './peer-certificate.ts';

const TICK_MS = 1000;
/** The type of a TLS record that begins a handshake (RFC 8446, section 5.1); no text protocol and no MQTT packet begins with it. */
const HANDSHAKE_RECORD = 22;

const HANDSHAKES: FamilySpec<'listener' | 'outcome'> = {
  name: 'crosscomm_tls_handshakes_total',
  help: 'TLS handshakes by listener and outcome: full, resumed, or failed.',
  labels: ['listener', 'outcome'],
};

export interface TlsGateOptions extends TlsServerOptions {
  contexts: TlsContexts;
  /** The configuration key of the listener. */
  listener: string;
  /** Takes a connection, once its handshake is done, or one without TLS, where that is allowed. `raw`: the socket that was taken. */
  accept(socket: Socket, peer: string, raw: Socket): void;
  /** Takes a connection without TLS where that is not allowed. It has its first bytes still to read. */
  refusePlain?: ((socket: Socket, peer: string) => void) | undefined;
  /** How long a connection may take for its first byte and the handshake. */
  handshakeTimeoutMs: number;
  clock: Clock;
  incidents: Incidents;
  metrics: Metrics;
}

/** A connection that nobody has accepted yet. */
interface Newcomer extends Handshake {
  readonly socket: Socket;
  readonly peer: string;
  readonly sinceMs: number;
  /** Both ends of its connection, once it has begun a handshake. */
  ends: string | undefined;
}

/**
 * Stands between a port and what serves it: it looks at the first byte of each connection, does the handshake of those that speak TLS,
 * and hands on the others as they are. Before that byte, a connection costs no more than its socket.
 */
export class TlsGate {
  readonly #options: TlsGateOptions;
  readonly #server: Server;
  readonly #outcomes: Members<'listener' | 'outcome', Counter>;
  readonly #newcomers = new Set<Newcomer>();
  /** Those in a handshake, by both ends of the connection, which is what the TLS side knows of it too. */
  readonly #shaking = new Map<string, Newcomer>();
  readonly #stopTicking: () => void;
  #isClosed = false;

  constructor(options: TlsGateOptions) {
    const { contexts, clock, metrics } = options;
    this.#options = options;
    this.#outcomes = metrics.counters(HANDSHAKES);
    this.#server = contexts.server(options);
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error, socket) => this.#failed(error, socket));
    this.#stopTicking = clock.every(TICK_MS, () => this.#tick(clock.monotonicMs()));
  }

  /** Takes a connection from the port. Whoever calls it handles the errors of the socket. */
  take(socket: Socket, peer: string): void {
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    const newcomer: Newcomer = {
      ...{ socket, peer, address: addressOf(peer), sinceMs: this.#options.clock.monotonicMs(), ends: undefined },
      drop: () => this.#drop(newcomer, 'Too many TLS handshakes were under way at once, most of them of this address.'),
    };
    this.#newcomers.add(newcomer);
    const look = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      socket.off('readable', look);
      socket.off('end', gone);
      socket.off('close', gone);
      socket.unshift(chunk);
      if (chunk[0] === HANDSHAKE_RECORD) this.#shake(newcomer);
      else this.#pass(newcomer);
    };
    const gone = (): void => {
      this.#newcomers.delete(newcomer);
      socket.destroy();
    };
    socket.on('readable', look);
    socket.once('end', gone);
    socket.once('close', gone);
  }

  /** Ends the connections that nobody has accepted yet, and those that still come. */
  close(): void {
    this.#isClosed = true;
    this.#stopTicking();
    for (const newcomer of this.#newcomers) {
      this.#forget(newcomer);
      newcomer.socket.destroy();
    }
  }

  #pass(newcomer: Newcomer): void {
    const { socket, peer } = newcomer;
    this.#newcomers.delete(newcomer);
    (this.#options.refusePlain ?? this.#options.accept)(socket, peer, socket);
  }

  #shake(newcomer: Newcomer): void {
    const { socket } = newcomer;
    const ends = endsOf(socket);
    newcomer.ends = ends;
    this.#shaking.set(ends, newcomer);
    this.#options.contexts.handshakes.begin(newcomer);
    socket.once('close', () => {
      if (this.#forget(newcomer)) this.#report(newcomer.peer, LEFT);
    });
    // A client that leaves in the middle would otherwise be waited for.
    socket.allowHalfOpen = false;
    this.#server.emit('connection', socket);
  }

  /** False where it is none any more. */
  #forget(newcomer: Newcomer): boolean {
    const { ends } = newcomer;
    if (ends !== undefined && this.#shaking.get(ends) === newcomer) this.#shaking.delete(ends);
    this.#options.contexts.handshakes.end(newcomer);
    return this.#newcomers.delete(newcomer);
  }

  #secured(socket: TLSSocket): void {
    const newcomer = this.#shaking.get(endsOf(socket));
    if (newcomer) this.#forget(newcomer);
    const peer = newcomer?.peer ?? peerOf(socket);
    socket.on('error', () => {});
    const failure = this.#checkCertificate(socket);
    if (failure) {
      this.#report(peer, failure);
      socket.destroy();
      return;
    }
    this.#count(socket.isSessionReused() ? 'resumed' : 'full');
    socket.allowHalfOpen = true;
    this.#options.accept(socket, peer, newcomer?.socket ?? socket);
  }

  /** Why the certificate of a client is none of ours; undefined where it is, and is noted, or where the client has none. */
  #checkCertificate(socket: TLSSocket): HandshakeFailure | undefined {
    if (!this.#options.asksCertificate) return undefined;
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return undefined;
    if (!socket.authorized) {
      return certificateFailure(String(socket.authorizationError), this.#options.clock.isTrusted());
    }
    noteCertificate(socket, certificate.fingerprint256.replaceAll(':', '').toLowerCase());
    return undefined;
  }

  #failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const newcomer = this.#shaking.get(endsOf(socket));
    // Of one that is gone, its own socket tells.
    if (newcomer && this.#forget(newcomer)) this.#report(newcomer.peer, failureOf(error));
    socket.destroy();
  }

  #tick(nowMs: number): void {
    const { handshakeTimeoutMs } = this.#options;
    for (const newcomer of this.#newcomers) {
      // Those that follow came later.
      if (nowMs - newcomer.sinceMs < handshakeTimeoutMs) break;
      const what = newcomer.ends ? 'The TLS handshake took' : 'The first byte of a connection took';
      this.#drop(newcomer, `${what} longer than limits.handshakeTimeoutMs, ${handshakeTimeoutMs} ms.`, 'PEER_TIMEOUT');
    }
  }

  #drop(newcomer: Newcomer, message: string, code: HandshakeFailure['code'] = 'PEER_TOO_MANY'): void {
    const { socket, peer, ends } = newcomer;
    this.#forget(newcomer);
    this.#report(peer, { code, message }, ends !== undefined);
    socket.destroy();
  }

  #report(who: string, { code, message }: HandshakeFailure, isHandshake = true): void {
    if (isHandshake) this.#count('failed');
    this.#options.incidents.report({ door: this.#options.listener, who, code, message });
  }

  #count(outcome: 'full' | 'resumed' | 'failed'): void {
    this.#outcomes.of({ listener: this.#options.listener, outcome }).value++;
  }
}

/** Both ends of a connection, which no two have at once. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
