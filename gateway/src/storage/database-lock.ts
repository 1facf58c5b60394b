import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * True where a process has the database in the folder `location` open, by the file LOCK that LevelDB locks then, as Linux lists it.
 * False where that cannot be known: opening it tells then.
 */
export async function isOpenElsewhere(location: string): Promise<boolean> {
  try {
    const { ino } = await stat(join(location, 'LOCK'));
    return (await readFile('/proc/locks', 'utf8')).split('\n').some((line) => line.includes(`:${ino} `));
  } catch {
    return false;
  }
}
