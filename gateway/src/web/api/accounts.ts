import { z } from 'zod';
import type { AccountDesk } from '../../access/account-desk.ts';
import * as bodies from './account-bodies.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { lazy } from './schema.ts';

/** An import of some thousands of accounts. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const NAME = { name: 'the account, percent-encoded' };
const NAME_AND_ID = { ...NAME, id: 'which of them' };

const accountFields = () => ({
  account: z.string(),
  roles: z.array(z.string()).readonly(),
  ids: z.array(z.string()).readonly().describe('client ids that it owns beside its name and NAME-*'),
  namespace: z
    .string()
    .nullable()
    .describe('what its channels and client ids begin with for all others; null: nothing'),
  expires: z.string().nullable().describe('a time in ISO 8601; null: never'),
  hasPassword: z.boolean(),
  tokens: z
    .array(z.strictObject({ id: z.string(), created: z.string(), label: z.string().nullable() }))
    .readonly()
    .describe('without the tokens themselves'),
  certificates: z.array(z.strictObject({ id: z.string(), created: z.string(), expires: z.string() })).readonly(),
});
const warnings = () =>
  z
    .array(z.string())
    .readonly()
    .optional()
    .describe('what this takes from others, in sentences; left out where it is nothing');

const account = lazy(() => z.strictObject(accountFields()).meta({ id: 'Account' }));
const changed = lazy(() => z.strictObject({ ...accountFields(), warnings: warnings() }).meta({ id: 'ChangedAccount' }));
const list = lazy(() => z.strictObject({ accounts: z.array(account()) }));
const added = lazy(() =>
  z.strictObject({
    account: z.string(),
    token: z.string().describe('its first token, which is shown this once'),
    roles: z.array(z.string()).readonly(),
    warnings: warnings(),
  }),
);
const addedToken = lazy(() =>
  z.strictObject({ account: z.string(), token: z.string().describe('shown this once'), id: z.string() }),
);
const addedCertificate = lazy(() =>
  z.strictObject({
    account: z.string(),
    id: z.string(),
    certificate: z.string().describe('PEM'),
    key: z.string().describe('PEM; shown this once'),
    authority: z.string().describe('the certificate by which the client knows the gateway, PEM'),
    expires: z.string(),
  }),
);
const imported = lazy(() =>
  z.strictObject({
    imported: z.array(z.string()),
    refused: z.array(z.strictObject({ account: z.string(), why: z.string() })),
    warnings: warnings(),
  }),
);

const log = (what: string) => ({ what, subject: 'account' });

/** For whoever may operate the gateway: accounts and their credentials. */
export function accountRoutes(desk: AccountDesk): ApiRoute[] {
  return [...listRoutes(desk), ...credentialRoutes(desk), ...changeRoutes(desk)];
}

function listRoutes(desk: AccountDesk): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/accounts',
        summary: 'All accounts, without their secrets.',
        needs: 'operate',
        answers: { 200: list },
      },
      async () => ({ accounts: await desk.list() }),
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/accounts/:name',
        summary: 'One account, without its secrets.',
        needs: 'operate',
        params: NAME,
        answers: { 200: account },
      },
      ({ params: { name } }) => desk.show(name),
    ),
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/accounts',
        summary: 'Adds an account, and answers its first token.',
        needs: 'operate',
        body: bodies.newAccount,
        answers: { 201: added },
        logs: log('account added'),
      },
      ({ body: { expires, ...wanted } }) => desk.add({ ...wanted, expiresMs: expires }),
    ),
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/accounts/import',
        summary: 'Adds accounts from elsewhere, with the hashes of their passwords.',
        needs: 'operate',
        body: bodies.importBody,
        maxBodyBytes: MAX_BODY_BYTES,
        answers: { 200: imported },
        logs: log('accounts imported'),
      },
      ({ body: { accounts, roles } }) => desk.importAll(accounts, roles),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/accounts/:name',
        summary: 'Removes an account; its clients are disconnected.',
        needs: 'operate',
        params: NAME,
        answers: { 204: undefined },
        logs: log('account removed'),
      },
      async ({ params: { name } }) => {
        await desk.remove(name);
        return undefined;
      },
    ),
  ];
}

function credentialRoutes(desk: AccountDesk): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'PUT',
        path: '/api/v1/accounts/:name/password',
        summary: 'Gives an account another password.',
        needs: 'operate',
        params: NAME,
        body: bodies.password,
        answers: { 200: account },
        logs: log('password changed'),
      },
      ({ params: { name }, body }) => desk.setPassword(name, body.password),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/accounts/:name/password',
        summary: 'Takes the password of an account away.',
        needs: 'operate',
        params: NAME,
        answers: { 200: account },
        logs: log('password removed'),
      },
      ({ params: { name } }) => desk.setPassword(name, undefined),
    ),
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/accounts/:name/tokens',
        summary: 'Gives an account one more token.',
        needs: 'operate',
        params: NAME,
        body: bodies.token,
        answers: { 201: addedToken },
        logs: log('token added'),
      },
      ({ params: { name }, body: { label } }) => desk.addToken(name, label),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/accounts/:name/tokens',
        summary: 'Revokes all tokens of an account.',
        needs: 'operate',
        params: NAME,
        answers: { 200: account },
        logs: log('tokens revoked'),
      },
      ({ params: { name } }) => desk.revokeTokens(name),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/accounts/:name/tokens/:id',
        summary: 'Revokes one token of an account.',
        needs: 'operate',
        params: NAME_AND_ID,
        answers: { 200: account },
        logs: log('token revoked'),
      },
      ({ params: { name, id } }) => desk.revokeTokens(name, id),
    ),
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/accounts/:name/certificates',
        summary: 'Issues a client certificate for an account.',
        needs: 'operate',
        params: NAME,
        body: bodies.certificate,
        answers: { 201: addedCertificate },
        logs: log('certificate issued'),
      },
      ({ params: { name }, body: { days } }) => desk.addCertificate(name, days),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/accounts/:name/certificates',
        summary: 'Revokes all certificates of an account.',
        needs: 'operate',
        params: NAME,
        answers: { 200: account },
        logs: log('certificates revoked'),
      },
      ({ params: { name } }) => desk.revokeCertificates(name),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/accounts/:name/certificates/:id',
        summary: 'Revokes one certificate of an account.',
        needs: 'operate',
        params: NAME_AND_ID,
        answers: { 200: account },
        logs: log('certificate revoked'),
      },
      ({ params: { name, id } }) => desk.revokeCertificates(name, id),
    ),
  ];
}

function changeRoutes(desk: AccountDesk): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'PUT',
        path: '/api/v1/accounts/:name/roles',
        summary: 'Gives an account other roles.',
        needs: 'operate',
        params: NAME,
        body: bodies.roles,
        answers: { 200: account },
        logs: log('roles changed'),
      },
      ({ params: { name }, body }) => desk.setRoles(name, body.roles),
    ),
    apiRoute(
      {
        method: 'PUT',
        path: '/api/v1/accounts/:name/ids',
        summary: 'Says which client ids an account owns beside its name.',
        needs: 'operate',
        params: NAME,
        body: bodies.ids,
        answers: { 200: changed },
        logs: log('owned ids changed'),
      },
      ({ params: { name }, body: { ids } }) => desk.setIds(name, ids),
    ),
    apiRoute(
      {
        method: 'PUT',
        path: '/api/v1/accounts/:name/expiry',
        summary: 'Says when an account ends.',
        needs: 'operate',
        params: NAME,
        body: bodies.expiry,
        answers: { 200: account },
        logs: log('expiry changed'),
      },
      ({ params: { name }, body: { expires } }) => desk.setExpiry(name, expires ?? undefined),
    ),
  ];
}
