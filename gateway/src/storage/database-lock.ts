import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * True if a process has the database in the folder `location` open: LevelDB locks the file LOCK then, and Linux lists the lock. False if
 * this cannot be found out; opening the database will tell.
 */
export async function isOpenElsewhere(location: string): Promise<boolean> {
  try {
    const { ino } = await stat(join(location, 'LOCK'));
    return (await readFile('/proc/locks', 'utf8')).split('\n').some((line) => line.includes(`:${ino} `));
  } catch {
    return false;
  }
}
