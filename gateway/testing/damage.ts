import { readFileSync, writeFileSync } from 'node:fs';
import { silentLog } from '../src/common/log.ts';
import { openDatabase } from '../src/storage/database.ts';

/** Turns one bit of the byte at `place` of a file; from its end where that is negative. */
export function flip(path: string, place: number): void {
  const bytes = readFileSync(path);
  const at = place < 0 ? bytes.length + place : place;
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(path, bytes);
}

/** The keys of the database in a data directory, and what is told of damage when it is opened. */
export async function keysAfter(dataDir: string): Promise<{ keys: string[]; told: string[] }> {
  const told: string[] = [];
  const db = await openDatabase(dataDir, silentLog, (sentence) => told.push(sentence));
  const keys = await db.keys().all();
  await db.close();
  return { keys, told };
}
