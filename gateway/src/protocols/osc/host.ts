import type { SessionContext } from '../context.ts';
import type { ProtocolHost } from '../contract.ts';

/** What a TCP connection needs of the gateway. */
export interface ConnectionHost extends SessionContext, Pick<ProtocolHost, 'turn' | 'budget' | 'outboxLimits'> {
  readonly limits: Pick<ProtocolHost['limits'], 'handshakeTimeoutMs' | 'maxConnections'>;
}

/** What the listener needs of it. */
export interface ListenerHost extends ConnectionHost, Pick<ProtocolHost, 'listenTcp' | 'listenUdp' | 'onClose'> {}
