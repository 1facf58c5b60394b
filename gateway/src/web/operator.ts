import type { FastifyRequest } from 'fastify';
import type { Principal } from '../access/principal.ts';
import type { SessionContext } from '../protocols/context.ts';
import { identify } from './identify.ts';

/**
 * Who asks, if it may see and change what is the operator's: by its credential, or, as long as there is no account, by being a program on
 * this machine. undefined if it may not.
 */
export async function operatorOf(context: SessionContext, { asker }: FastifyRequest): Promise<Principal | undefined> {
  // Without a credential, what a proxy passes on is nobody's on this machine.
  if (asker.isRemote && asker.secret === undefined && asker.signedIn === undefined) return undefined;
  const principal = await identify(context, asker);
  if (asker.isRemote && principal.proof === 'none') return undefined;
  return context.access.mayOperate(principal) ? principal : undefined;
}

/** Whether whoever asks may see and change what is the operator's. */
export async function isOperator(context: SessionContext, request: FastifyRequest): Promise<boolean> {
  return (await operatorOf(context, request)) !== undefined;
}
