import type { Account } from '../access/account.ts';
import { readAccount } from '../access/read-account.ts';

/**
 * An account as gateways share it: what it may do, its password, and each of its tokens and certificates have a key of their own, so that a token
 * that is revoked at one gateway stays revoked when another has changed the roles meanwhile. Secrets are the hashes that are kept.
 */
export type AccountParts = Map<string, string>;

type Kind = 'a' | 'p' | 't' | 'c';

/** The parts of an account, as JSON by key; an account that is there has one of the kind `a`. */
export function partsOf(account: Account | undefined): AccountParts {
  const parts: AccountParts = new Map();
  if (account === undefined) return parts;
  const { name, roles, expiresMs, ids, namespace, password, tokens, certificates } = account;
  parts.set(keyOf('a', name), JSON.stringify({ roles, expiresMs, ids, namespace }));
  if (password !== undefined) parts.set(keyOf('p', name), JSON.stringify(password));
  for (const { id, sha256, createdMs, label } of tokens) {
    parts.set(keyOf('t', name, id), JSON.stringify({ sha256, createdMs, label }));
  }
  for (const { id, fingerprint, createdMs, expiresMs: endMs } of certificates) {
    parts.set(keyOf('c', name, id), JSON.stringify({ fingerprint, createdMs, expiresMs: endMs }));
  }
  return parts;
}

/** The account that parts make together; undefined where there is none. Throws where they make none that can be. */
export function accountOf(name: string, parts: AccountParts): Account | undefined {
  const main = parts.get(keyOf('a', name));
  if (main === undefined) return undefined;
  const password = parts.get(keyOf('p', name));
  const ofKind = (kind: Kind): object[] =>
    [...parts].flatMap(([key, text]) => {
      const part = readKey(key);
      return part?.kind === kind ? [{ ...(JSON.parse(text) as object), id: part.id }] : [];
    });
  return readAccount({
    ...(JSON.parse(main) as object),
    ...{ name, tokens: ofKind('t'), certificates: ofKind('c') },
    ...(password !== undefined && { password: JSON.parse(password) as unknown }),
  });
}

/** What a key is of; undefined where it is of no account. */
export function readKey(key: string): { kind: Kind; name: string; id: string } | undefined {
  const [, kind, name, id = ''] = /^([aptc])\/([^/]+)(?:\/(.+))?$/.exec(key) ?? [];
  return name === undefined ? undefined : { kind: kind as Kind, name, id };
}

function keyOf(kind: Kind, name: string, id?: string): string {
  return id === undefined ? `${kind}/${name}` : `${kind}/${name}/${id}`;
}
