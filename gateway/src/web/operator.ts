import type { FastifyRequest } from 'fastify';
import type { Principal } from '../access/principal.ts';
import type { SessionContext } from '../protocols/context.ts';
import { type Asker, identify } from './identify.ts';

/**
 * Who asks, if it may see and change what is the operator's: by its credential, or, as long as there is no account, by being a program on
 * this machine. undefined if it may not.
 */
export async function operatorOf(context: SessionContext, { asker }: FastifyRequest): Promise<Principal | undefined> {
  if (bringsNothing(asker)) return undefined;
  const principal = await identify(context, asker);
  return isStranger(asker, principal) || !context.access.mayOperate(principal) ? undefined : principal;
}

/** Whether whoever asks may see and change what is the operator's. */
export async function isOperator(context: SessionContext, request: FastifyRequest): Promise<boolean> {
  return (await operatorOf(context, request)) !== undefined;
}

/** True of what a proxy passes on without a proof: that is nobody's on this machine, wherever it seems to come from. */
export function isStranger(asker: Asker, { proof }: Principal): boolean {
  return bringsNothing(asker) || (asker.isRemote === true && proof === 'none');
}

function bringsNothing({ isRemote, secret, signedIn }: Asker): boolean {
  return isRemote === true && secret === undefined && signedIn === undefined;
}
