import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { AccountError } from '../../access/account-book.ts';
import type { AccountDesk } from '../../access/account-desk.ts';
import { printable } from '../../common/printable.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { operatorOf } from '../operator.ts';
import { RequestError } from '../request-error.ts';
import { validated } from '../validated.ts';
import * as schemas from './schemas.ts';

/** An import of some thousands of accounts. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const ACCOUNTS = '/api/v1/accounts';
const ONE = `${ACCOUNTS}/:name`;

const FAULTS = {
  unknown: 'PEER_NOT_FOUND',
  exists: 'PEER_NAME_TAKEN',
  invalid: 'PEER_MALFORMED',
} as const satisfies Record<AccountError['reason'], string>;

interface Params {
  name: string;
  id: string;
}

/** For whoever may operate the gateway: accounts and their credentials, below `/api/v1/accounts`. */
export function accountRoutes({
  context,
  desk,
}: {
  context: SessionContext;
  desk: AccountDesk;
}): FastifyPluginCallback {
  /** Answers a request of an operator with what `act` makes of it, and logs what was changed, by whom. */
  const route =
    (what: string | undefined, act: (request: FastifyRequest, params: Params, reply: FastifyReply) => unknown) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const operator = await operatorOf(context, request);
      if (operator === undefined) {
        throw new RequestError('PEER_NOT_ALLOWED', 'Accounts can only be managed by an account that may operate.');
      }
      void reply.header('cache-control', 'no-store');
      const params = request.params as Params;
      try {
        const answer = await act(request, params, reply);
        if (what !== undefined) {
          const account = printable(params.name ?? (request.body as { name?: string } | undefined)?.name ?? '');
          const by = operator.account ?? operator.proof;
          context.log.info({ account, by, peer: operator.peer }, what);
        }
        return answer ?? reply.code(204).send();
      } catch (error) {
        if (error instanceof AccountError) throw new RequestError(FAULTS[error.reason], error.message);
        throw error;
      }
    };

  return (app, _options, done) => {
    const limits = { bodyLimit: MAX_BODY_BYTES };
    app.get(
      ACCOUNTS,
      route(undefined, async () => ({ accounts: await desk.list() })),
    );
    app.get(
      ONE,
      route(undefined, (_, { name }) => desk.show(name)),
    );
    app.post(
      ACCOUNTS,
      route('account added', async ({ body }, _, reply) => {
        const { expires, ...account } = validated(schemas.newAccountBody, body);
        void reply.code(201);
        return await desk.add({ ...account, expiresMs: expires });
      }),
    );
    app.post(
      `${ACCOUNTS}/import`,
      limits,
      route('accounts imported', ({ body }) => {
        const { accounts, roles } = validated(schemas.importBody, body);
        return desk.importAll(accounts, roles);
      }),
    );
    app.delete(
      ONE,
      route('account removed', (_, { name }) => desk.remove(name)),
    );
    app.put(
      `${ONE}/password`,
      route('password changed', ({ body }, { name }) =>
        desk.setPassword(name, validated(schemas.passwordBody, body).password),
      ),
    );
    app.delete(
      `${ONE}/password`,
      route('password removed', (_, { name }) => desk.setPassword(name, undefined)),
    );
    app.post(
      `${ONE}/tokens`,
      route('token added', async ({ body }, { name }, reply) => {
        const { label } = validated(schemas.tokenBody, body);
        void reply.code(201);
        return await desk.addToken(name, label);
      }),
    );
    app.delete(
      `${ONE}/tokens`,
      route('tokens revoked', (_, { name }) => desk.revokeTokens(name)),
    );
    app.delete(
      `${ONE}/tokens/:id`,
      route('token revoked', (_, { name, id }) => desk.revokeTokens(name, id)),
    );
    app.put(
      `${ONE}/roles`,
      route('roles changed', ({ body }, { name }) => desk.setRoles(name, validated(schemas.rolesBody, body).roles)),
    );
    app.put(
      `${ONE}/ids`,
      route('owned ids changed', ({ body }, { name }) => desk.setIds(name, validated(schemas.idsBody, body).ids)),
    );
    app.put(
      `${ONE}/expiry`,
      route('expiry changed', ({ body }, { name }) =>
        desk.setExpiry(name, validated(schemas.expiryBody, body).expires ?? undefined),
      ),
    );
    done();
  };
}
