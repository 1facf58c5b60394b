import { z } from 'zod';
import type { Pairings } from '../../access/pairing.ts';
import { CABLE_ROLE } from '../../access/roles.ts';
import type { Log } from '../../common/log.ts';
import { clientIdFault } from '../../common/names.ts';
import { RequestError } from '../request-error.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy } from './schema.ts';

const MAX_MINUTES = 60;
const MINUTE_MS = 60_000;
const NOT_ALLOWED = 'Pairing codes can only be made by an account that may operate.';
const ID = { id: 'the id of the pairing' };

const wishBody = lazy(() =>
  z.strictObject({
    name: z.string().min(1).max(256).optional().describe('the account; default: the client id of whoever comes'),
    roles: z.array(z.string().min(1).max(256)).min(1).default([CABLE_ROLE]),
    minutes: z.number().min(0.01).max(MAX_MINUTES).default(5),
  }),
);
const pairBody = lazy(() =>
  z.strictObject({
    code: z.string().max(20).describe('six digits'),
    name: z.string().max(256).optional().describe('the client id; may be left out where the code is for an account'),
  }),
);
const pairing = lazy(() =>
  z
    .strictObject({
      id: z.string(),
      code: z.string(),
      state: z.enum(['waiting', 'joined', 'paired', 'expired', 'guessed', 'cancelled']),
      isFirst: z.boolean().describe('whoever comes with it gets the first account of the gateway'),
      leftMs: z.number().describe('how long the code is still good'),
      wrongTries: count(),
      client: z
        .strictObject({ id: z.string(), protocol: z.string(), peer: z.string(), account: z.string() })
        .optional()
        .describe('who came with it'),
      token: z.string().optional().describe('for clients that cannot be given it: what somebody has to type in'),
    })
    .meta({ id: 'Pairing' }),
);
const paired = lazy(() => z.strictObject({ account: z.string(), token: z.string() }));

/** For an operator: codes that let a device in. For whoever has a code: the token that it stands for. */
export function pairingRoutes(pairings: Pairings, log: Log): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/pairings',
        summary: 'Makes a pairing code.',
        needs: 'operate',
        notAllowed: NOT_ALLOWED,
        body: wishBody,
        answers: { 201: pairing },
      },
      ({ body: { name, roles, minutes }, viewer }) => {
        const view = pairings.open({ name, roles, lifetimeMs: minutes * MINUTE_MS });
        const { account, proof, peer } = viewer.principal;
        log.info({ by: account ?? proof, peer, account: name, roles }, 'A pairing code was made.');
        return view;
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/pairings/:id',
        summary: 'How it stands with a pairing code.',
        needs: 'operate',
        notAllowed: NOT_ALLOWED,
        params: ID,
        answers: { 200: pairing },
      },
      ({ params: { id } }) => {
        const view = pairings.view(id);
        if (view === undefined) throw new RequestError('PEER_NOT_FOUND', 'There is no such pairing, or not any more.');
        return view;
      },
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/pairings/:id',
        summary: 'Ends a pairing code.',
        needs: 'operate',
        notAllowed: NOT_ALLOWED,
        params: ID,
        answers: { 204: undefined },
      },
      ({ params: { id } }) => {
        pairings.cancel(id);
        return undefined;
      },
    ),
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/pair',
        summary: 'Exchanges a pairing code for a token.',
        needs: 'anybody',
        body: pairBody,
        answers: { 200: paired },
      },
      async ({ body: { code, name }, request }) => {
        const fault = name === undefined ? undefined : clientIdFault(name);
        if (fault !== undefined) throw new RequestError('PEER_BAD_NAME', `Not paired: ${fault}.`);
        const answer = await pairings.redeem({ id: name, protocol: 'http', peer: request.peer }, code);
        if ('refused' in answer) throw new RequestError('PEER_NOT_ALLOWED', `Not paired: ${answer.refused.why}.`);
        return { account: answer.account, token: answer.token };
      },
    ),
  ];
}
