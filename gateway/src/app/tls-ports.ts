import type { Server } from 'node:http';
import type { BaseConfig } from '../config/schema.ts';
import type { SessionContext } from '../protocols/context.ts';
import type { Address } from '../transports/listen.ts';
import { splitHttp } from '../transports/tls/split-http.ts';
import type { OnClose } from './closers.ts';
import type { RunningTls } from './tls.ts';

interface PortParts {
  config: BaseConfig;
  context: SessionContext;
  tls: RunningTls | undefined;
}

/** Lets an HTTP server take TLS on its port, too, where there is a certificate. Call it before its connections are counted. */
export function takeTlsToo(
  server: Server,
  listener: 'http' | 'pages' | 'oss',
  { config, context, tls }: PortParts,
  onClose: OnClose,
): void {
  if (!tls) return;
  const { clock, incidents, metrics } = context;
  const close = splitHttp(server, {
    contexts: tls.contexts,
    listener,
    asksCertificate: listener === 'http' && config.tls.clientCertificates.includes('http'),
    handshakeTimeoutMs: config.limits.handshakeTimeoutMs,
    clock,
    incidents,
    metrics,
  });
  onClose(close);
}

/** An address that tells whether TLS is taken there. */
export function withTls(address: Address, { config, tls }: PortParts, listener: 'http' | 'pages' | 'oss'): Address {
  if (!tls) return address;
  const isRequired = listener !== 'pages' && config.tls.required.includes(listener);
  return { ...address, tls: isRequired ? 'required' : 'accepted' };
}
