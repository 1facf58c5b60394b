import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLog } from '../../../src/common/log.ts';
import { backUpAtRest } from '../../../src/storage/backup/begin-backup.ts';
import { saveBackup } from '../../../src/storage/backup/save-backup.ts';
import { writeDataVersion } from '../../../src/storage/data-version.ts';
import { openDatabase } from '../../../src/storage/database.ts';

const HASH = 'ab'.padEnd(64, '0');
/** Files of a data directory, with their content. */
export const FILES: Record<string, string> = {
  'accounts.json': '{"version": 1, "accounts": []}\n',
  'links.secret': 'c2VjcmV0\n',
  'tls/authority.pem': 'a key and a certificate\n',
  'oss-keys/cc00.json': '{}\n',
  'spool/one.json': '{"id": "one", "state": "accepted"}\n',
  'spool/one.data': 'x'.repeat(5000),
};
/** An object. */
export const OBJECT_FILES: Record<string, string> = {
  [`objects/ab/${HASH}.json`]: '{"id": "k1-0123"}\n',
  [`objects/ab/${HASH}.k1-0123`]: 'y'.repeat(6000),
};

/** A data directory that was used, in which the database knows `greeting`. */
export async function usedDirectory(greeting = 'hello'): Promise<string> {
  const dataDir = await temporaryFolder();
  const db = await openDatabase(dataDir, silentLog);
  await db.put('greeting', greeting);
  await db.close();
  await writeDataVersion(dataDir);
  for (const [name, text] of Object.entries({ ...FILES, ...OBJECT_FILES })) {
    await mkdir(dirname(join(dataDir, name)), { recursive: true });
    await writeFile(join(dataDir, name), text);
  }
  return dataDir;
}

/** A backup of a directory, as a file. */
export async function backupOf(dataDir: string, { withObjects = true } = {}): Promise<string> {
  const path = join(await temporaryFolder(), 'backup.tar');
  const { pieces } = await backUpAtRest({ dataDir, withObjects, clock: systemClock });
  await saveBackup(path, pieces);
  return path;
}

/** What the database of a directory knows. */
export async function greetingIn(dataDir: string): Promise<string | undefined> {
  const db = await openDatabase(dataDir, silentLog);
  const greeting = await db.get('greeting');
  await db.close();
  return greeting;
}
