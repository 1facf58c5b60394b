import type { FastifyRequest } from 'fastify';
import type { Asker } from './identify.ts';

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,1024})$/i;
/** Headers of a proxy, which passes on what others ask. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/**
 * Where a request comes from, and the credential that it brings. A connection from the very address that it goes to comes from this machine,
 * as one from 127.0.0.1 does: so it is where the gateway listens on one address of its network only. What a proxy on this machine passes on
 * comes from elsewhere.
 */
export function askerOf({ ip, socket, headers }: FastifyRequest): Asker {
  const isOwnAddress = socket.remoteAddress !== undefined && socket.remoteAddress === socket.localAddress;
  const secret = BEARER.exec(headers.authorization ?? '')?.[1];
  return {
    peer: isOwnAddress ? '127.0.0.1' : ip,
    isRemote: PROXY_HEADERS.some((name) => headers[name] !== undefined),
    ...(secret === undefined ? {} : { secret, insists: true }),
  };
}
