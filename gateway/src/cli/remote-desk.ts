import type { AccountDesk, AccountView, AddedAccount, AddedToken, ImportOutcome } from '../access/account-desk.ts';
import { askGateway } from './ask-gateway.ts';
import type { RunningGateway } from './operator-place.ts';
import type { Shell } from './shell.ts';

const ACCOUNTS = '/api/v1/accounts';

/** The accounts of a running gateway, which is asked over HTTP. Methods reject with its errors. */
export function remoteDesk(shell: Shell, { url, secret }: RunningGateway): AccountDesk {
  const ask = (method: string, path: string, body?: unknown): Promise<unknown> =>
    askGateway(shell, url, method, `${ACCOUNTS}${path}`, { secret, ...(body === undefined ? {} : { body }) });
  const of = (name: string, what = ''): string => `/${encodeURIComponent(name)}${what}`;
  const changed = async (method: string, path: string, body?: unknown): Promise<AccountView> =>
    (await ask(method, path, body)) as AccountView;
  return {
    list: async () => ((await ask('GET', '')) as { accounts: AccountView[] }).accounts,
    show: (name) => changed('GET', of(name)),
    add: async ({ expiresMs, ...account }) => {
      const expires = expiresMs === undefined ? {} : { expires: new Date(expiresMs).toISOString() };
      return (await ask('POST', '', { ...account, ...expires })) as AddedAccount;
    },
    remove: async (name) => {
      await ask('DELETE', of(name));
    },
    setPassword: (name, password) =>
      password === undefined
        ? changed('DELETE', of(name, '/password'))
        : changed('PUT', of(name, '/password'), { password }),
    addToken: async (name, label) => (await ask('POST', of(name, '/tokens'), { label })) as AddedToken,
    revokeTokens: (name, id) =>
      changed('DELETE', of(name, id === undefined ? '/tokens' : `/tokens/${encodeURIComponent(id)}`)),
    setRoles: (name, roles) => changed('PUT', of(name, '/roles'), { roles }),
    setIds: (name, ids) => changed('PUT', of(name, '/ids'), { ids }),
    setExpiry: (name, expiresMs) =>
      changed('PUT', of(name, '/expiry'), {
        expires: expiresMs === undefined ? null : new Date(expiresMs).toISOString(),
      }),
    importAll: async (accounts, roles) => (await ask('POST', '/import', { accounts, roles })) as ImportOutcome,
  };
}
