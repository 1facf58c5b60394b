import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../../common/errors.ts';
import { withAccountsLock } from '../accounts-lock.ts';
import { DATA_VERSION } from '../data-version.ts';
import { isOpenElsewhere } from '../database-lock.ts';
import { makeFolder, ownerOfNew } from '../owner.ts';
import { DATABASE, replacedBy } from './contents.ts';
import type { BackupHeader } from './format.ts';
import { BackupFault } from './read-backup.ts';
import { removeUnpacked, settleLocked, takePlace, UNPACKED_PREFIX } from './take-place.ts';
import { unpackBackup } from './unpack.ts';

/** Left free beside what is unpacked. */
const SLACK_BYTES = 32 * 1024 * 1024;

/** What a restore has done. */
export interface Restored {
  header: BackupHeader;
  /** The folder with what was there before; undefined where there was nothing. */
  replaced: string | undefined;
}

/**
 * Puts a backup into a data directory, which is made where there is none. Until all of the backup is on the disk and checked, nothing else
 * changes; then it takes the place of what was there, which is kept.
 *
 * @throws GatewayError BACKUP_DAMAGED where the file is no backup that this version can use, DATA_DIR_LOCKED where a gateway runs,
 * DATA_DIR_UNUSABLE where there is no room; the system's error
 */
export async function restoreBackup(path: string, dataDir: string, now: Date): Promise<Restored> {
  await makeFolder(dataDir);
  const owner = await ownerOfNew(dataDir);
  const isInUse = (): Promise<boolean> => isOpenElsewhere(join(dataDir, DATABASE));
  await withAccountsLock(dataDir, async () => {
    if (await isInUse()) throw running(dataDir);
    await settleLocked(dataDir);
    await removeUnpacked(dataDir);
  });
  await checkRoom(path, dataDir);
  const unpacked = `${UNPACKED_PREFIX}${randomBytes(4).toString('hex')}`;
  try {
    const header = await unpackBackup(path, join(dataDir, unpacked)).catch((error: unknown) => {
      throw backupError(path, error);
    });
    if (header.dataVersion > DATA_VERSION) throw backupError(path, tooNew(header));
    const names = replacedBy(header).filter((name) => existsSync(join(dataDir, name)));
    const replaced = freeName(dataDir, now);
    const isDone = await withAccountsLock(dataDir, () =>
      takePlace(dataDir, { unpacked, replaced, names, owner }, isInUse),
    );
    if (!isDone) throw running(dataDir);
    return { header, replaced: names.length > 0 ? replaced : undefined };
  } catch (error) {
    await rm(join(dataDir, unpacked), { recursive: true, force: true });
    throw error;
  }
}

/** What is wrong with a backup, as an error with its file; other errors stay as they are. */
export function backupError(path: string, error: unknown): unknown {
  if (!(error instanceof BackupFault)) return error;
  return new GatewayError('BACKUP_DAMAGED', `${path} cannot be restored, and nothing was changed: ${error.message}.`, {
    cause: error,
  });
}

function tooNew({ gateway, dataVersion }: BackupHeader): BackupFault {
  return new BackupFault(
    `gateway ${gateway} made it, whose data has version ${dataVersion}, and this version knows versions up to ${DATA_VERSION}: ` +
      'install that version or a later one',
  );
}

function running(dataDir: string): GatewayError {
  return new GatewayError(
    'DATA_DIR_LOCKED',
    `A gateway runs with the data directory ${dataDir}: stop it, restore, and start it again.`,
  );
}

async function checkRoom(path: string, dataDir: string): Promise<void> {
  const { size } = await stat(path);
  const { bavail, bsize } = await statfs(dataDir);
  const missing = size + SLACK_BYTES - bavail * bsize;
  if (missing <= 0) return;
  throw new GatewayError(
    'DATA_DIR_UNUSABLE',
    `There is no room for the backup in ${dataDir}, beside what it replaces: ${Math.ceil(missing / 1_000_000)} MB are missing.`,
  );
}

/** For what is replaced: a folder that is not there yet. */
function freeName(dataDir: string, now: Date): string {
  const name = `replaced-${now.toISOString().slice(0, 19).replaceAll(':', '')}`;
  for (let count = 1; ; count++) {
    const each = count === 1 ? name : `${name}-${count}`;
    if (!existsSync(join(dataDir, each))) return each;
  }
}
