import { InTurn } from '../common/in-turn.ts';
import { type AccountBook, AccountError } from './account-book.ts';
import { type ConfiguredRule, configuredRoles } from './configured-roles.ts';
import { BUILT_IN_ROLES, type RoleBook } from './roles.ts';

/** The most roles that commands may make. */
const MAX_ROLES = 500;

/** Roles by name, each a list of rules, as `auth.roles` of the configuration has them. */
export type RolesByName = Readonly<Record<string, readonly ConfiguredRule[]>>;

/** Where the roles are kept that commands made. */
export interface RoleStore {
  /** What is kept; nothing if there is nothing yet. Throws a GatewayError if it cannot be read. */
  load(): Promise<RolesByName>;
  save(roles: RolesByName): Promise<void>;
}

/** A role as people and programs see it. Those of the configuration win over those that commands made. */
export interface RoleView {
  role: string;
  source: 'built in' | 'configuration' | 'command';
  rules: readonly ConfiguredRule[];
  /** The accounts that have it. */
  accounts: readonly string[];
}

/** What is done with roles by commands and by HTTP. All methods reject with an AccountError where that cannot be done. */
export interface RoleDesk {
  list(): Promise<RoleView[]>;
  show(name: string): Promise<RoleView>;
  /** Makes a role, or gives it other rules; it holds at once. `rules` were checked. */
  set(name: string, rules: readonly ConfiguredRule[]): Promise<RoleView>;
  /** Removes a role, which gives nothing then to the accounts that have it. Returns it as it was. */
  remove(name: string): Promise<RoleView>;
}

export interface RoleDeskParts {
  roles: RoleBook;
  accounts: AccountBook;
  store: RoleStore;
  /** Those of the configuration. */
  configured: RolesByName;
}

/** Fills the book with the roles of the configuration and those that are kept, and gives what changes the latter, one after the other. */
export async function openRoleDesk({ roles, accounts, store, configured }: RoleDeskParts): Promise<RoleDesk> {
  let kept = await store.load();
  const changes = new InTurn();
  const fill = (): void => roles.replace([...configuredRoles(kept), ...configuredRoles(configured)]);
  fill();

  const find = (name: string): RoleView | undefined => {
    const builtIn = BUILT_IN_ROLES.find((role) => role.name === name);
    const source = builtIn ? 'built in' : Object.hasOwn(configured, name) ? 'configuration' : 'command';
    const rules = builtIn ? builtIn.rules.map(({ actions }) => ({ allow: actions })) : { ...kept, ...configured }[name];
    if (rules === undefined || !roles.get(name)) return undefined;
    const having = accounts.list().filter((account) => account.roles.includes(name));
    return { role: name, source, rules, accounts: having.map((account) => account.name) };
  };
  const found = (name: string): RoleView => {
    const role = find(name);
    if (role === undefined) throw new AccountError('unknown', `There is no role ${name}.`);
    return role;
  };
  const changeable = (name: string): void => {
    const source = find(name)?.source;
    if (source === 'built in') throw new AccountError('invalid', `The role ${name} is built in, and stays as it is.`);
    if (source === 'configuration') {
      throw new AccountError('invalid', `The role ${name} is in the configuration (auth.roles): change it there.`);
    }
  };
  const keep = async (changed: RolesByName): Promise<void> => {
    await store.save(changed);
    kept = changed;
    fill();
  };

  return {
    list: async () =>
      roles
        .names()
        .sort()
        .flatMap((name) => find(name) ?? []),
    show: async (name) => found(name),
    set: (name, rules) =>
      changes.run(async () => {
        changeable(name);
        if (!Object.hasOwn(kept, name) && Object.keys(kept).length >= MAX_ROLES) {
          throw new AccountError(
            'invalid',
            `There are ${MAX_ROLES} roles, the most that there may be: remove one first.`,
          );
        }
        await keep({ ...kept, [name]: rules });
        return found(name);
      }),
    remove: (name) =>
      changes.run(async () => {
        const role = found(name);
        changeable(name);
        const { [name]: _, ...left } = kept;
        await keep(left);
        return role;
      }),
  };
}
