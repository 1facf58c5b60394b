import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BACKUPS_FOLDER, DATA_VERSION_FILE } from '../common/data-files.ts';
import { GatewayError } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import { version } from '../common/version.ts';
import { replaceFile } from './atomic-file.ts';
import { makeFolder } from './owner.ts';

/**
 * The version of what is in a data directory, which is raised when an earlier gateway could no longer use it. 0 are directories of before
 * there was one. What changes between two versions is written below `migrations`.
 */
export const DATA_VERSION = 1;

/**
 * How a data directory gets from one version to the next, before anything of it is opened. `rewrites` says whether that changes what was
 * there, and is not done without a backup.
 */
const MIGRATIONS: readonly { rewrites: boolean; migrate?: (dataDir: string) => Promise<void> }[] = [
  // From 0 to 1: only its version is written down.
  { rewrites: false },
];

/**
 * Which version a data directory has; undefined where no gateway has run with it.
 *
 * @throws GatewayError DATA_DIR_NEWER where that is one of a later gateway, DATA_DAMAGED where it cannot be read
 */
export async function dataVersionOf(dataDir: string): Promise<number | undefined> {
  const path = join(dataDir, DATA_VERSION_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return existsSync(join(dataDir, 'state')) ? 0 : undefined;
    throw new GatewayError(
      'DATA_DIR_UNUSABLE',
      `The data directory ${dataDir} cannot be used (${message}): make it writable, or choose another with --data-dir.`,
      { cause: error },
    );
  }
  const { version: found, gateway } = parsed(text);
  if (!Number.isSafeInteger(found)) throw unreadable(path, 'it holds no version');
  if ((found as number) <= DATA_VERSION) return found as number;
  throw new GatewayError(
    'DATA_DIR_NEWER',
    `The data directory ${dataDir} was used by a later version of the gateway, ${String(gateway)}, and this one, ${version()}, cannot read it: ` +
      `install that version again, or restore a backup from before (${join(dataDir, BACKUPS_FOLDER)} may have one): crosscomm restore FILE.`,
  );
}

/**
 * Brings a data directory of an earlier version to that of this gateway, with a backup first; a directory without one is left to
 * `writeDataVersion`. Nobody has it open.
 *
 * @param backup makes a backup with that path
 */
export async function migrate(
  dataDir: string,
  from: number,
  { backup, log }: { backup: (path: string) => Promise<void>; log: Log },
): Promise<void> {
  if (from === DATA_VERSION) return;
  const steps = MIGRATIONS.slice(from);
  const path = join(dataDir, BACKUPS_FOLDER, `before-version-${DATA_VERSION}.tar`);
  try {
    await makeFolder(join(dataDir, BACKUPS_FOLDER));
    await backup(path);
    log.info({ path }, 'The data directory is of an earlier version of the gateway; a backup of it was made first.');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (steps.some(({ rewrites }) => rewrites)) {
      throw new GatewayError(
        'BACKUP_FAILED',
        `The data directory ${dataDir} is of an earlier version, and no backup could be made before it is changed (${reason}): make room, and start again.`,
        { cause: error },
      );
    }
    // A gateway must start on a full disk, too.
    log.warn(
      { reason },
      'The data directory is of an earlier version, and no backup could be made. None of it is changed.',
    );
  }
  for (const { migrate: step } of steps) await step?.(dataDir);
}

/** Writes down that a data directory has the version of this gateway. Rejects with the system's error. */
export async function writeDataVersion(dataDir: string): Promise<void> {
  const text = `${JSON.stringify({ version: DATA_VERSION, gateway: version() })}\n`;
  await replaceFile(join(dataDir, DATA_VERSION_FILE), text);
}

function parsed(text: string): { version?: unknown; gateway?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as object;
  } catch {
    return {};
  }
}

function unreadable(path: string, reason: string): GatewayError {
  return new GatewayError(
    'DATA_DAMAGED',
    `The version of the data directory in ${path} cannot be read: ${reason}. Restore a backup, or write {"version": ${DATA_VERSION}} into it.`,
  );
}
