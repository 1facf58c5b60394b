import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { manifestIn, readManifest } from '../live-tables.ts';
import { DATABASE } from './contents.ts';
import { closeFile, type OpenedFile, openFile, readAt } from './opened-file.ts';

/** A compaction may go on while nothing is written, and change the files once for each step of its own. */
const MAX_TRIES = 200;
const PAUSE_MS = 10;

/**
 * Opens the files of LevelDB's that make up the database `state` at this moment, each as long as it is now. Nothing may be written to the
 * database until this returns; compactions may go on. What is opened stays readable when LevelDB removes it, and it is what LevelDB would
 * find after a power cut at this moment: its tables never change, and its logs and its manifest only grow (doc/impl.md). The file LOCK is
 * never opened: to close it would unlock the database for the whole process (fcntl(2)).
 *
 * @throws Error where there is no database, or it is damaged in a way that a start of the gateway mends
 */
export function openDatabaseFiles(dataDir: string): OpenedFile[] {
  const location = join(dataDir, DATABASE);
  for (let tries = 1; ; tries++) {
    const files: OpenedFile[] = [];
    try {
      if (openAll(location, files)) return files;
    } catch (error) {
      for (const file of files) closeFile(file);
      throw error;
    }
    for (const file of files) closeFile(file);
    if (tries === MAX_TRIES) throw new Error('the database is being compacted all the time; try again later');
    // Nothing else is to be done on this thread.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

/** Returns false where a compaction has changed the files meanwhile. */
function openAll(location: string, files: OpenedFile[]): boolean {
  const add = (name: string): OpenedFile | undefined => {
    const file = openFile(join(location, name), `${DATABASE}/${name}`);
    if (file) files.push(file);
    return file;
  };
  const current = readFileSync(join(location, 'CURRENT'), 'utf8');
  const name = manifestIn(current);
  const manifest = add(name);
  if (!manifest || !add('CURRENT')) return false;
  const { tables, firstLog } = readManifest(contentOf(manifest));
  const present = new Map(readdirSync(location).map((each) => [each, Number.parseInt(each, 10)]));
  for (const [each, number] of present) {
    const isTable = /^\d+\.(ldb|sst)$/.test(each) && tables.delete(number);
    const isLog = /^\d+\.log$/.test(each) && number >= firstLog;
    if ((isTable || isLog) && !add(each)) return false;
  }
  const isSame =
    readFileSync(join(location, 'CURRENT'), 'utf8') === current &&
    statSync(join(location, name)).size === manifest.size;
  if (isSame && tables.size > 0) throw new Error(`tables of the database are missing: ${[...tables].join(', ')}`);
  return isSame;
}

function contentOf({ content, size }: OpenedFile): Buffer {
  if (typeof content !== 'number') return content;
  const whole = Buffer.alloc(size);
  readAt(content, whole, 0);
  return whole;
}
