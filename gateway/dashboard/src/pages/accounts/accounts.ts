import { get, part } from '../../api/client.ts';

/** An account, without its secrets. */
export interface Account {
  account: string;
  roles: string[];
  ids: string[];
  /** In ISO 8601; null: never. */
  expires: string | null;
  hasPassword: boolean;
  tokens: { id: string; created: string; label: string | null }[];
  certificates: { id: string; created: string; expires: string }[];
}

/** One or several actions. */
export type About = string | readonly string[];

export interface Rule {
  allow?: About;
  deny?: About;
  topics?: readonly string[];
}

export interface Role {
  role: string;
  source: string;
  rules: readonly Rule[];
  accounts: string[];
}

/** A token that is shown once, and what it takes from others. */
export interface Secret {
  account: string;
  token: string;
  warnings?: string[];
}

/** What each account of a role may use, by its keys in the configuration. */
export type Quotas = Readonly<Record<string, Readonly<Record<string, number>>>>;

export const ACCOUNTS = '/api/v1/accounts';
export const ROLES = '/api/v1/roles';

export function pathOf(account: string): string {
  return `${ACCOUNTS}/${part(account)}`;
}

export async function loadRoles(): Promise<Role[]> {
  return (await get<{ roles: Role[] }>(ROLES)).roles;
}

/** The quotas of all roles, as the configuration has them. */
export async function loadQuotas(): Promise<Quotas> {
  const { values } = await get<{ values: { key: string; value?: unknown }[] }>('/api/v1/config');
  return (values.find(({ key }) => key === 'auth.quotas')?.value ?? {}) as Quotas;
}

/** The names in a field, with commas or line breaks between. */
export function namesIn(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
