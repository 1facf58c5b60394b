import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkLevelTable, TABLE_END, type TableCheck, withoutDamage } from './level-table.ts';
import { liveTables } from './live-tables.ts';

/** Only the newest tables are checked, up to this many bytes, so that the start stays quick. */
const MAX_CHECKED_BYTES = 8 * 1024 * 1024;

/** What was found in a database's tables before it was opened. */
export interface TableDamage {
  /** For each damaged table: how much of it is lost, and when its last entry was written. */
  sentences: string[];
  /** The damaged tables, unchanged. */
  files: { name: string; bytes: Buffer }[];
  /**
   * Tables that LevelDB cannot read. Iteration stops in the middle of a list when it meets one, unless its `sound` part takes its place and
   * the database is repaired.
   */
  unreadable: { path: string; sound: Buffer | undefined }[];
  /** Tables of which only the end has to be written again. */
  withoutEnd: string[];
}

/**
 * Checks a database's tables against their checksums before it is opened, as LevelDB trusts what it finds in them. Tables in `known` were
 * reported before. Returns undefined if nothing else is damaged, or if the manifest cannot be read, which LevelDB reports itself.
 */
export async function findTableDamage(location: string, known: ReadonlySet<string>): Promise<TableDamage | undefined> {
  const live = await liveTables(location).catch(() => undefined);
  if (!live) return undefined;
  const names = (await readdir(location)).filter(
    (name) => /^\d{1,15}\.(ldb|sst)$/.test(name) && live.has(Number.parseInt(name, 10)),
  );
  const found: TableDamage = { sentences: [], files: [], unreadable: [], withoutEnd: [] };
  let left = MAX_CHECKED_BYTES;
  for (const name of names.sort().reverse()) {
    const path = join(location, name);
    const { size, mtime } = await stat(path);
    if (size > left) break;
    left -= size;
    const bytes = await readFile(path);
    const check = checkLevelTable(bytes);
    const keptName = `${mtime.toISOString().replaceAll(':', '')}-${name}`;
    if ((check.isReadable && check.damagedBlocks === 0 && check.hasEnd) || known.has(keptName)) continue;
    found.sentences.push(sentenceOf(name, mtime, bytes.length, check));
    found.files.push({ name: keptName, bytes });
    if (!check.isReadable) found.unreadable.push({ path, sound: undefined });
    else if (check.damagedBlocks > 0) found.unreadable.push({ path, sound: withoutDamage(bytes) });
    if (check.isReadable && check.damagedBlocks === 0 && !check.hasEnd) found.withoutEnd.push(path);
  }
  return found.files.length > 0 ? found : undefined;
}

/** Rewrites the end of a table, which is the same for every table. */
export async function restoreEnd(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(TABLE_END, 0, TABLE_END.length, (await file.stat()).size - TABLE_END.length);
    await file.sync();
  } finally {
    await file.close();
  }
}

function sentenceOf(name: string, written: Date, length: number, check: TableCheck): string {
  const { blocks, damagedBlocks, damagedBytes, isReadable } = check;
  if (isReadable && damagedBlocks === 0) {
    return (
      `The end of the table ${name} of the database was damaged and is mended; nothing is lost. The SD card may be failing: copy the ` +
      'data folder, and replace the card. The damaged table is kept in damaged/.'
    );
  }
  const what = isReadable
    ? `${damagedBlocks} of its ${blocks} blocks, ${damagedBytes} bytes, are not what was written`
    : `its index is not what was written, and up to ${length} bytes cannot be found`;
  return (
    `The table ${name} of the database is damaged: ${what}; they may be queued, retained or scheduled messages written until ` +
    `${written.toISOString()}. The SD card may be failing: copy the data folder, and replace the card. The damaged table is kept in ` +
    'damaged/.'
  );
}
