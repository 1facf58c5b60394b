import { hostname } from 'node:os';
import { AccountBook } from '../access/account-book.ts';
import { type AccountDesk, accountDesk } from '../access/account-desk.ts';
import { ChannelNames, type LiveChannels } from '../access/channel-names.ts';
import { environmentAccounts } from '../access/environment-accounts.ts';
import { openRoleDesk, type RoleDesk } from '../access/role-desk.ts';
import { RoleBook } from '../access/roles.ts';
import { unknownRoles } from '../access/unknown-roles.ts';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import { configuredRolesSchema } from '../config/auth.ts';
import type { BaseConfig } from '../config/schema.ts';
import { AccessKeys } from '../oss/access-keys.ts';
import { accountsFile } from '../storage/accounts-file.ts';
import { OwnCertificates } from '../storage/own-certificates.ts';
import { rolesFile } from '../storage/roles-file.ts';
import type { ClassDesk } from '../web/api/classroom.ts';

/** What commands and the HTTP API do with accounts and roles. */
export interface Desks {
  accounts: AccountDesk;
  roles: RoleDesk;
  /** Where a gateway runs. */
  classroom?: ClassDesk;
}

/** The accounts and roles of a gateway. */
export interface People {
  accounts: AccountBook;
  roles: RoleBook;
  channels: ChannelNames;
  desks: Desks;
}

/** How many accounts a line names. */
const MAX_NAMED = 5;

/**
 * Says at the start which accounts have a role that is nowhere, and where the configuration names one: they may do less than somebody meant,
 * or more.
 */
export function tellOfUnknownRoles(
  { accounts, roles }: Pick<People, 'accounts' | 'roles'>,
  { cableRole, quotas }: Pick<BaseConfig['auth'], 'cableRole' | 'quotas'>,
  log: Log,
): void {
  const known = `There are ${roles.names().join(', ')}.`;
  for (const [role, having] of unknownRoles(accounts, roles)) {
    const more = having.length > MAX_NAMED ? ` and ${having.length - MAX_NAMED} more` : '';
    log.warn(
      { code: 'CONFIG_INVALID', role, accounts: having.length },
      `The role ${role} gives nothing, as there is none of that name: ${having.slice(0, MAX_NAMED).join(', ')}${more} ${having.length === 1 ? 'has' : 'have'} it. ` +
        `${known} Write it below auth.roles, or give them another: crosscomm account roles NAME ROLE.`,
    );
  }
  if (roles.get(cableRole) === undefined) {
    const sentence = `Boards on serial ports may do nothing, as there is no role "${cableRole}" (auth.cableRole).`;
    log.warn({ code: 'CONFIG_INVALID', role: cableRole }, `${sentence} ${known}`);
  }
  for (const role of Object.keys(quotas).filter((name) => roles.get(name) === undefined)) {
    const sentence = `The quota of the role "${role}" (auth.quotas) limits nobody, as there is none of that name.`;
    log.warn({ code: 'CONFIG_INVALID', role }, `${sentence} ${known}`);
  }
}

/**
 * Reads the accounts and roles of a data folder and a configuration. Throws a GatewayError where they cannot be read. Where no gateway runs
 * with that folder, whoever calls this holds the lock of the accounts. `users`: private handles of OOCSI, from the environment.
 * `live`: the channels that there are, where a gateway runs.
 */
export async function openPeople(
  { dataDir, auth }: Pick<BaseConfig, 'dataDir' | 'auth'>,
  { clock, users, live }: { clock: Clock; users?: ReadonlyMap<string, string> | undefined; live?: LiveChannels },
): Promise<People> {
  const accounts = new AccountBook(accountsFile(dataDir), environmentAccounts(users));
  await accounts.load();
  const roles = new RoleBook();
  const store = rolesFile(dataDir, (kept) => configuredRolesSchema.parse(kept));
  const certificates = new OwnCertificates(dataDir, hostname());
  const roleDesk = await openRoleDesk({ roles, accounts, store, configured: auth.roles });
  const channels = new ChannelNames(roles, live);
  return {
    accounts,
    roles,
    channels,
    desks: {
      accounts: accountDesk({
        ...{ accounts, roles, channels, clock, certificates },
        revokeKeys: (gone) => new AccessKeys(dataDir).revokeOf(gone),
      }),
      roles: roleDesk,
    },
  };
}
