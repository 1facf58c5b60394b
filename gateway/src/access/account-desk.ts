import type { Clock } from '../common/clock.ts';
import { type Account, newAccountFault, newIdFault, type TokenRecord } from './account.ts';
import { type AccountBook, AccountError, noAccount } from './account-book.ts';
import type { ChannelNames } from './channel-names.ts';
import { hashPassword, isPasswordHash } from './password-hashes.ts';
import { DEFAULT_ROLE, type RoleBook } from './roles.ts';
import { hashToken, makeToken, makeTokenId } from './tokens.ts';

/** The longest password in bytes; a longer one is no password but a mistake. */
const MAX_PASSWORD_BYTES = 1024;
const UNKNOWN_HASH = 'Its password has a form that is not known.';
/** What one account may have at most. */
const MAX_TOKENS = 100;
const MAX_CERTIFICATES = 100;
const MAX_IDS = 1000;
const MAX_ROLES = 50;

/** An account as people and programs see it: no secret, and no hash of one. Times in ISO 8601. */
export interface AccountView {
  account: string;
  roles: readonly string[];
  /** Client ids that it owns beside its name and `name-*`. */
  ids: readonly string[];
  /** What its clients' names begin with for all others; null: nothing. */
  namespace: string | null;
  /** null: never. */
  expires: string | null;
  hasPassword: boolean;
  tokens: readonly { id: string; created: string; label: string | null }[];
  certificates: readonly { id: string; created: string; expires: string }[];
}

export interface NewAccount {
  name: string;
  /** Default: the role `member`. */
  roles?: readonly string[] | undefined;
  ids?: readonly string[] | undefined;
  /** What its clients' names begin with for all others; by default nothing. */
  namespace?: string | undefined;
  /** Milliseconds since 1970. */
  expiresMs?: number | undefined;
  password?: string | undefined;
}

/** A new account with its first token, which is shown this once. */
export interface AddedAccount extends Warned {
  account: string;
  token: string;
  roles: readonly string[];
}

/** What a change takes from others, as sentences; left out where it is nothing. */
export interface Warned {
  warnings?: readonly string[];
}

/** A new token, which is shown this once; `id` names it from then on. */
export interface AddedToken {
  account: string;
  token: string;
  id: string;
}

/** A new client certificate, whose private key is shown this once. */
export interface AddedCertificate {
  account: string;
  /** Its serial number, which names it from then on. */
  id: string;
  /** PEM. */
  certificate: string;
  key: string;
  /** The certificate of the gateway's authority, by which the client knows the gateway, PEM. */
  authority: string;
  expires: string;
}

/** What issues client certificates. `days`: how long one is good. */
export interface CertificateIssuer {
  issueClientCertificate(
    account: string,
    days: number,
    nowMs: number,
  ): Promise<{ certificate: string; key: string; serial: string; fingerprint: string; validToMs: number }>;
  authority(nowMs: number): Promise<{ certificate: string }>;
}

/** An account from elsewhere, with the hash of its password. */
export interface ImportedAccount {
  name: string;
  passwordHash: string;
}

/** What became of an import. */
export interface ImportOutcome extends Warned {
  imported: string[];
  /** Those that cannot be imported, with a sentence that says why. */
  refused: { account: string; why: string }[];
}

/**
 * What is done with accounts by commands and by HTTP. All methods reject with an AccountError where that cannot be done, and nothing has
 * changed then.
 */
export interface AccountDesk {
  list(): Promise<AccountView[]>;
  show(name: string): Promise<AccountView>;
  add(account: NewAccount): Promise<AddedAccount>;
  remove(name: string): Promise<void>;
  /** undefined: it has no password from now on. */
  setPassword(name: string, password: string | undefined): Promise<AccountView>;
  addToken(name: string, label?: string): Promise<AddedToken>;
  /** `id`: undefined: all of its tokens. */
  revokeTokens(name: string, id?: string): Promise<AccountView>;
  /** `days`: how long it is good. */
  addCertificate(name: string, days: number): Promise<AddedCertificate>;
  /** `id`: undefined: all of its certificates. */
  revokeCertificates(name: string, id?: string): Promise<AccountView>;
  setRoles(name: string, roles: readonly string[]): Promise<AccountView>;
  setIds(name: string, ids: readonly string[]): Promise<AccountView & Warned>;
  /** `expiresMs`: milliseconds since 1970; undefined: never. */
  setExpiry(name: string, expiresMs: number | undefined): Promise<AccountView>;
  /** Adds those that can be added, all with these roles. */
  importAll(accounts: readonly ImportedAccount[], roles: readonly string[] | undefined): Promise<ImportOutcome>;
}

/** The desk of a book that is in this process. */
export function accountDesk({
  accounts,
  roles,
  channels,
  clock,
  certificates,
  revokeKeys = async () => {},
}: {
  accounts: AccountBook;
  roles: RoleBook;
  channels: ChannelNames;
  clock: Clock;
  certificates: CertificateIssuer;
  /** Revokes the access keys of accounts that are gone, or come anew; by default there are none. */
  revokeKeys?: (accounts: ReadonlySet<string>) => Promise<void>;
}): AccountDesk {
  const newToken = (label?: string): { token: string; record: TokenRecord } => {
    const token = makeToken();
    const named = label === undefined ? {} : { label };
    return { token, record: { id: makeTokenId(), sha256: hashToken(token), createdMs: clock.now(), ...named } };
  };

  const knownRoles = (names: readonly string[] = [DEFAULT_ROLE]): string[] => {
    const unknown = names.find((name) => roles.get(name) === undefined);
    if (unknown !== undefined) {
      throw invalid(`There is no role "${unknown}"; there are ${roles.names().sort().join(', ')}.`);
    }
    if (names.length > MAX_ROLES) throw invalid(`An account has at most ${MAX_ROLES} roles.`);
    return [...new Set(names)];
  };

  const change = async (name: string, make: (account: Account) => Account): Promise<AccountView> =>
    viewOf(await accounts.update(name, make));

  return {
    list: async () => accounts.list().map(viewOf),
    async show(name) {
      const account = accounts.get(name);
      if (account === undefined) throw noAccount(name);
      return viewOf(account);
    },
    async add({ name, roles: named, ids = [], namespace, expiresMs, password }) {
      const fault = newAccountFault(name);
      if (fault !== undefined) throw invalid(sentence(fault));
      const { token, record } = newToken();
      const account: Account = {
        name,
        roles: knownRoles(named),
        ids: ownIds(ids),
        ...(namespace === undefined ? {} : { namespace }),
        ...(expiresMs === undefined ? {} : { expiresMs }),
        ...(password === undefined ? {} : { password: await hashed(password) }),
        tokens: [record],
        certificates: [],
      };
      // Asked before the subscriptions of others end.
      const warnings = channels.warnings([name, `${name}-*`, ...account.ids]);
      if (accounts.get(name) === undefined) await revokeKeys(new Set([name]));
      await accounts.add(account);
      return { account: name, token, roles: account.roles, ...warned(warnings) };
    },
    async remove(name) {
      await accounts.remove(name);
      await revokeKeys(new Set([name]));
    },
    async setPassword(name, password) {
      const hash = password === undefined ? undefined : await hashed(password);
      return change(name, ({ password: _, ...rest }) => (hash === undefined ? rest : { ...rest, password: hash }));
    },
    async addToken(name, label) {
      const { token, record } = newToken(label);
      await accounts.update(name, (account) => {
        if (account.tokens.length >= MAX_TOKENS) {
          throw invalid(`The account ${name} has ${MAX_TOKENS} tokens, the most that there may be: revoke one first.`);
        }
        return { ...account, tokens: [...account.tokens, record] };
      });
      return { account: name, token, id: record.id };
    },
    revokeTokens: (name, id) =>
      change(name, (account) => {
        const left = id === undefined ? [] : account.tokens.filter((token) => token.id !== id);
        if (id !== undefined && left.length === account.tokens.length) {
          throw new AccountError('unknown', `The account ${name} has no token ${id}.`);
        }
        return { ...account, tokens: left };
      }),
    async addCertificate(name, days) {
      const createdMs = clock.now();
      if (accounts.get(name) === undefined) throw noAccount(name);
      const { certificate, key, serial, fingerprint, validToMs } = await certificates.issueClientCertificate(
        name,
        days,
        createdMs,
      );
      await accounts.update(name, (account) => {
        if (account.certificates.length >= MAX_CERTIFICATES) {
          throw invalid(`The account ${name} has ${MAX_CERTIFICATES} certificates, the most that there may be.`);
        }
        const record = { id: serial, fingerprint, createdMs, expiresMs: validToMs };
        return { ...account, certificates: [...account.certificates, record] };
      });
      const authority = await certificates.authority(createdMs);
      return {
        ...{ account: name, id: serial, certificate, key },
        ...{ authority: authority.certificate, expires: timeOf(validToMs) },
      };
    },
    revokeCertificates: (name, id) =>
      change(name, (account) => {
        const left = id === undefined ? [] : account.certificates.filter((certificate) => certificate.id !== id);
        if (id !== undefined && left.length === account.certificates.length) {
          throw new AccountError('unknown', `The account ${name} has no certificate ${id}.`);
        }
        return { ...account, certificates: left };
      }),
    setRoles: async (name, named) => change(name, (account) => ({ ...account, roles: knownRoles(named) })),
    async setIds(name, ids) {
      const present = accounts.get(name)?.ids ?? [];
      const warnings = channels.warnings(ids.filter((id) => !present.includes(id)));
      return { ...(await change(name, (account) => ({ ...account, ids: ownIds(ids) }))), ...warned(warnings) };
    },
    setExpiry: (name, expiresMs) =>
      change(name, ({ expiresMs: _, ...rest }) => (expiresMs === undefined ? rest : { ...rest, expiresMs })),
    async importAll(imported, named) {
      const given = knownRoles(named);
      const outcome: ImportOutcome = { imported: [], refused: [] };
      const fit = imported.filter(({ name, passwordHash }) => {
        const fault = newAccountFault(name);
        const why = fault === undefined ? UNKNOWN_HASH : sentence(fault);
        if (fault === undefined && isPasswordHash(passwordHash)) return true;
        outcome.refused.push({ account: name, why });
        return false;
      });
      const fresh = fit.map(({ name }) => name).filter((name) => !accounts.get(name));
      const warnings = channels.warningsOfMany(fresh);
      await revokeKeys(new Set(fresh));
      const nothing = { ids: [], tokens: [], certificates: [] };
      const refused = await accounts.addEach(
        fit.map(({ name, passwordHash }) => ({ name, roles: given, password: passwordHash, ...nothing })),
      );
      for (const { name } of fit) {
        const why = refused.get(name)?.message;
        if (why === undefined) outcome.imported.push(name);
        else outcome.refused.push({ account: name, why });
      }
      return { ...outcome, ...warned(warnings) };
    },
  };
}

async function hashed(password: string): Promise<string> {
  if (password === '') throw invalid('The password is empty.');
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    throw invalid(`The password is longer than ${MAX_PASSWORD_BYTES} bytes.`);
  }
  return await hashPassword(password);
}

function ownIds(ids: readonly string[]): string[] {
  const fault = ids.map(newIdFault).find((text) => text !== undefined);
  if (fault !== undefined) throw invalid(sentence(fault));
  if (ids.length > MAX_IDS) throw invalid(`An account owns at most ${MAX_IDS} ids beside its own.`);
  return [...new Set(ids)];
}

function warned(warnings: readonly string[]): Warned {
  return warnings.length === 0 ? {} : { warnings };
}

function viewOf({ name, roles, ids, namespace, expiresMs, password, tokens, certificates }: Account): AccountView {
  return {
    account: name,
    roles,
    ids,
    namespace: namespace ?? null,
    expires: expiresMs === undefined ? null : timeOf(expiresMs),
    hasPassword: password !== undefined,
    tokens: tokens.map(({ id, createdMs, label = null }) => ({ id, created: timeOf(createdMs), label })),
    certificates: certificates.map(({ id, createdMs, expiresMs: ends }) => ({
      id,
      created: timeOf(createdMs),
      expires: timeOf(ends),
    })),
  };
}

/** A time that no date can have, as a clock that was never set may give, is shown as the earliest one. */
function timeOf(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}

function sentence(fault: string): string {
  return `${fault.charAt(0).toUpperCase()}${fault.slice(1)}.`;
}

function invalid(message: string): AccountError {
  return new AccountError('invalid', message);
}
