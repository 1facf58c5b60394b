import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RoleStore, RolesByName } from '../access/role-desk.ts';
import { ROLES_FILE } from '../common/data-files.ts';
import { GatewayError } from '../common/errors.ts';
import { replaceFile } from './atomic-file.ts';

/**
 * Keeps the roles that commands made in `roles.json`: `{"version": 1, "roles": {NAME: [RULE, ...]}}`, replaced as a whole. `read` checks what
 * is there, and throws what is wrong with it.
 */
export function rolesFile(dataDir: string, read: (roles: unknown) => RolesByName): RoleStore {
  const path = join(dataDir, ROLES_FILE);
  return {
    async load() {
      try {
        const { version, roles } = JSON.parse(await readFile(path, 'utf8')) as { version?: unknown; roles?: unknown };
        if (version !== 1) throw new TypeError('it is not of this version of the gateway');
        return read(roles);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
        const why = error instanceof Error ? error.message : String(error);
        throw new GatewayError(
          'DATA_DAMAGED',
          `The roles in ${path} cannot be read: ${why}. Restore that file from a backup, or remove it and set the roles again.`,
        );
      }
    },
    save: (roles) => replaceFile(path, `${JSON.stringify({ version: 1, roles }, undefined, 1)}\n`),
  };
}
