import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AccountError } from '../access/account-book.ts';
import type { Pairings } from '../access/pairing.ts';
import { CABLE_ROLE } from '../access/roles.ts';
import { clientIdFault } from '../common/names.ts';
import type { SessionContext } from '../protocols/context.ts';
import { isOperator, operatorOf } from './operator.ts';
import { sendOwnPage } from './own-page.ts';
import { makePairPage } from './pair-page.ts';
import { RequestError } from './request-error.ts';
import { validated } from './validated.ts';

const MAX_MINUTES = 60;
const MINUTE_MS = 60_000;
const PAIRINGS = '/api/v1/pairings';

const wishBody = z.strictObject({
  name: z.string().min(1).max(256).optional().describe('the account; default: the client id of whoever comes'),
  roles: z.array(z.string().min(1).max(256)).min(1).default([CABLE_ROLE]),
  minutes: z.number().min(0.01).max(MAX_MINUTES).default(5),
});
const pairBody = z.strictObject({
  code: z.string().max(20).describe('six digits'),
  name: z.string().max(256).optional().describe('the client id; may be left out where the code is for an account'),
});

/**
 * For an operator: `POST /api/v1/pairings` makes a code, `GET /api/v1/pairings/ID` says how it stands with it, `DELETE` ends it. For whoever
 * has a code: `POST /api/v1/pair` with `{"code", "name"}` answers `{"account", "token"}`, and `/pair` is a page that does so.
 */
export function pairingRoutes({
  context,
  pairings,
}: {
  context: SessionContext;
  pairings: Pairings;
}): FastifyPluginCallback {
  const checkOperator = async (request: FastifyRequest): Promise<void> => {
    if (!(await isOperator(context, request))) throw forbidden();
  };
  const idOf = ({ params }: FastifyRequest): string => (params as { id: string }).id;
  const page = makePairPage();
  return (app, _options, done) => {
    app.addHook('onSend', (_request, reply, _payload, next) => {
      void reply.header('cache-control', 'no-store');
      next();
    });
    app.post(PAIRINGS, async (request, reply) => {
      const operator = await operatorOf(context, request);
      if (operator === undefined) throw forbidden();
      const { name, roles, minutes } = validated(wishBody, request.body);
      try {
        const view = pairings.open({ name, roles, lifetimeMs: minutes * MINUTE_MS });
        const { account, proof, peer } = operator;
        context.log.info({ by: account ?? proof, peer, account: name, roles }, 'A pairing code was made.');
        return await reply.code(201).send(view);
      } catch (error) {
        if (error instanceof AccountError) throw new RequestError('PEER_MALFORMED', error.message);
        throw error;
      }
    });
    app.get(`${PAIRINGS}/:id`, async (request) => {
      await checkOperator(request);
      const view = pairings.view(idOf(request));
      if (view === undefined) throw new RequestError('PEER_NOT_FOUND', 'There is no such pairing, or not any more.');
      return view;
    });
    app.delete(`${PAIRINGS}/:id`, async (request, reply) => {
      await checkOperator(request);
      pairings.cancel(idOf(request));
      return reply.code(204).send();
    });
    app.get('/pair', (_request, reply) => sendOwnPage(reply, page));
    app.post('/api/v1/pair', async (request) => {
      const { code, name } = validated(pairBody, request.body);
      const fault = name === undefined ? undefined : clientIdFault(name);
      if (fault !== undefined) throw new RequestError('PEER_BAD_NAME', `Not paired: ${fault}.`);
      const answer = await pairings.redeem({ id: name, protocol: 'http', peer: request.peer }, code);
      if ('refused' in answer) throw new RequestError('PEER_NOT_ALLOWED', `Not paired: ${answer.refused.why}.`);
      return { account: answer.account, token: answer.token };
    });
    done();
  };
}

function forbidden(): RequestError {
  return new RequestError('PEER_NOT_ALLOWED', 'Pairing codes can only be made by an account that may operate.');
}
