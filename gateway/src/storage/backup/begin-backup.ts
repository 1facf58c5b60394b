import { join } from 'node:path';
import type { Clock } from '../../common/clock.ts';
import { GatewayError } from '../../common/errors.ts';
import type { Database } from '../../common/level.ts';
import { version } from '../../common/version.ts';
import { dataVersionOf } from '../data-version.ts';
import { isOpenElsewhere } from '../database-lock.ts';
import { betweenWrites } from '../torn-log.ts';
import { type BackupStream, beginBackup } from './backup-thread.ts';
import { DATABASE } from './contents.ts';
import { type BackupHeader, FORMAT } from './format.ts';

export interface BackupOptions {
  dataDir: string;
  /** Whether files and images are in it, too. */
  withObjects: boolean;
  clock: Pick<Clock, 'now' | 'isTrusted' | 'monotonicMs'>;
}

/**
 * Begins a backup of a gateway that runs in this process.
 *
 * @throws GatewayError BACKUP_FAILED where the files cannot be read
 */
export async function backUpRunning(options: BackupOptions, db: Database): Promise<BackupStream> {
  const ranMs = Math.round(options.clock.monotonicMs());
  return await begun(options, ranMs, (work) => betweenWrites(db, work));
}

/**
 * Begins a backup of a data directory that nobody uses. Once the promise resolves, it may be used again.
 *
 * @throws GatewayError BACKUP_FAILED where there is nothing to back up, a gateway has just started, or the files cannot be read
 */
export async function backUpAtRest(options: BackupOptions): Promise<BackupStream> {
  const backup = await begun(options, null, (work) => work());
  if (!(await isOpenElsewhere(join(options.dataDir, DATABASE)))) return backup;
  backup.close();
  throw new GatewayError('BACKUP_FAILED', 'A gateway has just started with this data directory: try again.');
}

async function begun(
  { dataDir, withObjects, clock }: BackupOptions,
  ranMs: number | null,
  between: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<BackupStream> {
  const dataVersion = await dataVersionOf(dataDir);
  if (dataVersion === undefined) {
    throw new GatewayError('BACKUP_FAILED', `There is nothing to back up: no gateway has run with ${dataDir} yet.`);
  }
  const header: BackupHeader = {
    ...{ format: FORMAT, gateway: version(), dataVersion },
    ...{ createdMs: Math.trunc(clock.now()), isClockTrusted: clock.isTrusted(), ranMs, withObjects },
  };
  try {
    const { bytes, pieces, close } = await beginBackup({ dataDir, header }, between);
    return { bytes, pieces: explained(dataDir, pieces), close };
  } catch (error) {
    throw failed(dataDir, error);
  }
}

async function* explained(dataDir: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    throw failed(dataDir, error);
  }
}

function failed(dataDir: string, cause: unknown): GatewayError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const tooMany = 'more files would have to be open at once than this process may open (see ulimit -n)';
  const reason = code === 'EMFILE' || code === 'ENFILE' ? tooMany : message;
  return new GatewayError('BACKUP_FAILED', `The data directory ${dataDir} could not be backed up: ${reason}.`, {
    cause,
  });
}
