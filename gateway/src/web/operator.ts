import type { FastifyRequest } from 'fastify';
import type { SessionContext } from '../protocols/context.ts';
import { identify } from './identify.ts';

/** Headers of a proxy, which passes on what others ask. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/**
 * Whether whoever asks may see and change what is the operator's. A connection from the very address that it goes to comes from this
 * machine, as one from 127.0.0.1 does: so it is where the gateway listens on one address of its network only. What a proxy on this
 * machine passes on comes from elsewhere.
 */
export async function isOperator(context: SessionContext, { ip, socket, headers }: FastifyRequest): Promise<boolean> {
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  const isOwnAddress = socket.remoteAddress !== undefined && socket.remoteAddress === socket.localAddress;
  return context.access.mayOperate(await identify(context, { peer: isOwnAddress ? '127.0.0.1' : ip }));
}
