/** The accounts of a gateway, in its data folder. */
export const ACCOUNTS_FILE = 'accounts.json';
/** The roles that commands made. */
export const ROLES_FILE = 'roles.json';
/** Where a running gateway writes the secret by which commands on its machine prove themselves, in its data folder. */
export const OPERATOR_SECRET_FILE = 'operator.secret';
/** Where a running gateway writes by which address it is reached by HTTP, in its data folder. */
export const RUNNING_FILE = 'running.json';
/** Is there while a command changes the accounts of a gateway that does not run. */
export const ACCOUNTS_LOCK_FILE = 'accounts.lock';
/** What accounts have used of their quotas, in its data folder. */
export const QUOTAS_FILE = 'quotas.json';
/** What is known of accounts and roles that several gateways share. */
export const SHARED_FILE = 'cluster-accounts.json';
/** The boards of controls that people made in the dashboard. */
export const BOARDS_FILE = 'boards.json';
/** The automations that people made in the dashboard. */
export const AUTOMATIONS_FILE = 'automations.json';
/** Which version the data folder has. */
export const DATA_VERSION_FILE = 'data-version.json';
/** Is there while a backup takes the place of what is in the data folder. */
export const RESTORING_FILE = 'restoring.json';
/** Firmware that boards are to get, and how far each is. */
export const FIRMWARE_FOLDER = 'firmware';
/** The backups that a gateway keeps, in its data folder. */
export const BACKUPS_FOLDER = 'backups';
