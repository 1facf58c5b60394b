import { join } from 'node:path';
import { type Clock, systemClock } from '../common/clock.ts';
import { GatewayError } from '../common/errors.ts';
import type { Database } from '../common/level.ts';
import type { Log } from '../common/log.ts';
import { isBeingRestored, settleRestore } from '../storage/backup/take-place.ts';
import { DATA_VERSION, dataVersionOf, writeDataVersion } from '../storage/data-version.ts';
import { openDatabase } from '../storage/database.ts';
import { isOpenElsewhere } from '../storage/database-lock.ts';

export interface DataDirectoryOptions {
  dataDir: string;
  log: Log;
  clock?: Pick<Clock, 'now' | 'isTrusted' | 'monotonicMs'> | undefined;
  /** Told what is lost of a damaged database, in sentences. */
  damaged: (sentence: string) => void;
}

/**
 * Opens the database of a data directory, once a restore that was interrupted has come to its end and the directory has the version of this
 * gateway. It may be a new one.
 *
 * @throws GatewayError where it cannot be used; nothing is open then
 */
export async function openDataDirectory({ dataDir, log, clock, damaged }: DataDirectoryOptions): Promise<Database> {
  if (await settleRestore(dataDir)) log.info({}, 'The restore that was interrupted has been brought to its end.');
  const version = await dataVersionOf(dataDir);
  if (version !== undefined && version < DATA_VERSION && !(await isOpenElsewhere(join(dataDir, 'state')))) {
    await bringUp(version, { dataDir, log, clock });
  }
  const db = await openDatabase(dataDir, log, damaged);
  // A restore that has begun since sees that the database is open, and gives up; only one of the two may go on.
  if (isBeingRestored(dataDir)) {
    await db.close();
    throw new GatewayError('DATA_DIR_LOCKED', `A backup is being restored into ${dataDir}: wait until that is done.`);
  }
  if (version !== DATA_VERSION) {
    await writeDataVersion(dataDir).catch((error: unknown) => {
      log.warn({ reason: String(error) }, 'The version of the data directory could not be written. Look at the disk.');
    });
  }
  return db;
}

/** What is needed by the first start of a new version alone. */
async function bringUp(
  from: number,
  { dataDir, log, clock = systemClock }: Omit<DataDirectoryOptions, 'damaged'>,
): Promise<void> {
  const [{ migrate }, { backUpAtRest }, { saveBackup }] = await Promise.all([
    import('../storage/data-version.ts'),
    import('../storage/backup/begin-backup.ts'),
    import('../storage/backup/save-backup.ts'),
  ]);
  const backup = async (path: string): Promise<void> => {
    const { pieces } = await backUpAtRest({ dataDir, withObjects: false, clock });
    await saveBackup(path, pieces);
  };
  await migrate(dataDir, from, { backup, log });
}
