import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccountError } from '../../access/account-book.ts';
import { printable } from '../../common/printable.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { operatorOf } from '../operator.ts';
import { RequestError } from '../request-error.ts';

const FAULTS = {
  unknown: 'PEER_NOT_FOUND',
  exists: 'PEER_NAME_TAKEN',
  invalid: 'PEER_MALFORMED',
} as const satisfies Record<AccountError['reason'], string>;

/** What is in the address of a request. */
export interface Params {
  name: string;
  id: string;
}

type Act = (request: FastifyRequest, params: Params, reply: FastifyReply) => unknown;

/**
 * Makes handlers that answer an operator with what `act` makes of the request, and log what was changed, by whom; `what` is left out where
 * nothing is. `subject` is what the log calls the `:name`, an account or a role. All others are refused.
 */
export function operatorsRoute(context: SessionContext, subject: string) {
  return (what: string | undefined, act: Act) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const operator = await operatorOf(context, request);
      if (operator === undefined) {
        throw new RequestError('PEER_NOT_ALLOWED', 'This is for accounts that may operate the gateway.');
      }
      void reply.header('cache-control', 'no-store');
      const params = request.params as Params;
      try {
        const answer = await act(request, params, reply);
        if (what !== undefined) {
          const name = params.name ?? (request.body as { name?: unknown } | undefined)?.name;
          const named = typeof name === 'string' ? { [subject]: printable(name) } : {};
          context.log.info({ ...named, by: operator.account ?? operator.proof, peer: operator.peer }, what);
        }
        return answer ?? reply.code(204).send();
      } catch (error) {
        if (error instanceof AccountError) throw new RequestError(FAULTS[error.reason], error.message);
        throw error;
      }
    };
}
