import type { FastifyPluginCallback } from 'fastify';
import type { AccountDesk } from '../../access/account-desk.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { validated } from '../validated.ts';
import { operatorsRoute } from './operators-route.ts';
import * as schemas from './schemas.ts';

/** An import of some thousands of accounts. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const ACCOUNTS = '/api/v1/accounts';
const ONE = `${ACCOUNTS}/:name`;

/** For whoever may operate the gateway: accounts and their credentials, below `/api/v1/accounts`. */
export function accountRoutes({
  context,
  desk,
}: {
  context: SessionContext;
  desk: AccountDesk;
}): FastifyPluginCallback {
  const route = operatorsRoute(context, 'account');
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
    app.post(
      `${ONE}/certificates`,
      route('certificate issued', async ({ body }, { name }, reply) => {
        const { days } = validated(schemas.certificateBody, body);
        void reply.code(201);
        return await desk.addCertificate(name, days);
      }),
    );
    app.delete(
      `${ONE}/certificates`,
      route('certificates revoked', (_, { name }) => desk.revokeCertificates(name)),
    );
    app.delete(
      `${ONE}/certificates/:id`,
      route('certificate revoked', (_, { name, id }) => desk.revokeCertificates(name, id)),
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
