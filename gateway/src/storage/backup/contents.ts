import {
  ACCOUNTS_FILE,
  AUTOMATIONS_FILE,
  BOARDS_FILE,
  DATA_VERSION_FILE,
  QUOTAS_FILE,
  ROLES_FILE,
  SHARED_FILE,
} from '../../common/data-files.ts';

/** The database, of which a backup has the files that belong to it at one moment. */
export const DATABASE = 'state';
/** Objects, which a backup has if that is asked for. */
export const OBJECTS = 'objects';
/** Uploads that are not in the object store yet. */
export const SPOOL = 'spool';

/** Files of the data directory that are in every backup. */
export const BACKED_UP_FILES = [
  ...[DATA_VERSION_FILE, ACCOUNTS_FILE, ROLES_FILE, QUOTAS_FILE, BOARDS_FILE, AUTOMATIONS_FILE, SHARED_FILE],
  ...['links.secret', 'cross_comm_clients.yaml'],
] as const;

/** Folders of it that are: what was accepted must not be lost, so uploads are among them, and their parts. */
export const BACKED_UP_FOLDERS = ['tls', 'oss-keys', 'oss-multipart'] as const;

/** What a restored backup takes the place of. Objects that it does not have stay as they are. */
export function replacedBy({ withObjects }: { withObjects: boolean }): string[] {
  return [DATABASE, SPOOL, ...BACKED_UP_FILES, ...BACKED_UP_FOLDERS, ...(withObjects ? [OBJECTS] : [])];
}

/** Files that are being written, and are nothing yet. */
export function isUnfinished(name: string): boolean {
  return name.endsWith('.new') || name.startsWith('incoming');
}
