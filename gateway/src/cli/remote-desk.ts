import type {
  AccountDesk,
  AccountView,
  AddedAccount,
  AddedCertificate,
  AddedToken,
  ImportOutcome,
  Warned,
} from '../access/account-desk.ts';
import type { RoleDesk, RoleView } from '../access/role-desk.ts';
import type { Desks } from '../app/people.ts';
import type { ClassView } from '../web/api/classroom.ts';
import { askGateway } from './ask-gateway.ts';
import type { Reach } from './reach.ts';
import type { Shell } from './shell.ts';

/** A small machine that has much to do hashes a password for some seconds. */
const TIMEOUT_MS = 30_000;

type Ask = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** The accounts and roles of a running gateway, which is asked over HTTP. Methods reject with its errors. */
export function remoteDesks(shell: Shell, { url, account, secret }: Reach): Desks {
  const ask: Ask = (method, path, body) =>
    askGateway(shell, url, method, `/api/v1${path}`, {
      ...{ account, secret },
      timeoutMs: TIMEOUT_MS,
      ...(body === undefined ? {} : { body }),
    });
  return {
    accounts: remoteAccounts((method, path, body) => ask(method, `/accounts${path}`, body)),
    roles: remoteRoles((method, path, body) => ask(method, `/roles${path}`, body)),
    classroom: {
      view: async () => (await ask('GET', '/class')) as ClassView,
      setMode: async (mode) => (await ask('PUT', '/class/mode', { mode })) as ClassView,
      clear: async () => ((await ask('DELETE', '/class/retained')) as { cleared: string[] }).cleared,
    },
  };
}

function remoteRoles(ask: Ask): RoleDesk {
  const one = async (method: string, name: string, body?: unknown): Promise<RoleView> =>
    (await ask(method, `/${encodeURIComponent(name)}`, body)) as RoleView;
  return {
    list: async () => ((await ask('GET', '')) as { roles: RoleView[] }).roles,
    show: (name) => one('GET', name),
    set: (name, rules) => one('PUT', name, { rules }),
    remove: (name) => one('DELETE', name),
  };
}

function remoteAccounts(ask: Ask): AccountDesk {
  const of = (name: string, what = ''): string => `/${encodeURIComponent(name)}${what}`;
  const changed = async (method: string, path: string, body?: unknown): Promise<AccountView & Warned> =>
    (await ask(method, path, body)) as AccountView & Warned;
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
    addCertificate: async (name, days) => (await ask('POST', of(name, '/certificates'), { days })) as AddedCertificate,
    revokeCertificates: (name, id) =>
      changed('DELETE', of(name, id === undefined ? '/certificates' : `/certificates/${encodeURIComponent(id)}`)),
    setRoles: (name, roles) => changed('PUT', of(name, '/roles'), { roles }),
    setIds: (name, ids) => changed('PUT', of(name, '/ids'), { ids }),
    setExpiry: (name, expiresMs) =>
      changed('PUT', of(name, '/expiry'), {
        expires: expiresMs === undefined ? null : new Date(expiresMs).toISOString(),
      }),
    importAll: async (accounts, roles) => (await ask('POST', '/import', { accounts, roles })) as ImportOutcome,
  };
}
