import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkLevelTable, type TableCheck } from './level-table.ts';
import { liveTables } from './live-tables.ts';

/** The newest tables are checked, up to so many bytes, so that a start stays quick. */
const MAX_CHECKED_BYTES = 8 * 1024 * 1024;

/** What was found in the tables of a database before it was opened. */
export interface TableDamage {
  /** For each damaged table: how much of it is lost, and until when that was written. */
  sentences: string[];
  /** The damaged tables as they were. */
  files: { name: string; bytes: Buffer }[];
  /** True where LevelDB cannot read a table at all, and stops in the middle of a list there unless it is repaired. */
  needsRepair: boolean;
}

/**
 * Holds the tables of a database against their checksums before it is opened, as LevelDB takes what it finds in them for what was
 * written. Tables in `known` were told of before. Undefined where nothing else is damaged, or where the manifest cannot be read:
 * LevelDB says that itself.
 */
export async function findTableDamage(location: string, known: ReadonlySet<string>): Promise<TableDamage | undefined> {
  const live = await liveTables(location).catch(() => undefined);
  if (!live) return undefined;
  const names = (await readdir(location)).filter(
    (name) => /^\d{1,15}\.(ldb|sst)$/.test(name) && live.has(Number.parseInt(name, 10)),
  );
  const found: TableDamage = { sentences: [], files: [], needsRepair: false };
  let left = MAX_CHECKED_BYTES;
  for (const name of names.sort().reverse()) {
    const path = join(location, name);
    const { size, mtime } = await stat(path);
    if (size > left) break;
    left -= size;
    const bytes = await readFile(path);
    const check = checkLevelTable(bytes);
    const keptName = `${mtime.toISOString().replaceAll(':', '')}-${name}`;
    if ((check.isReadable && check.damagedBlocks === 0) || known.has(keptName)) continue;
    found.sentences.push(sentenceOf(name, mtime, bytes.length, check));
    found.files.push({ name: keptName, bytes });
    found.needsRepair ||= !check.isReadable;
  }
  return found.files.length > 0 ? found : undefined;
}

function sentenceOf(name: string, written: Date, length: number, check: TableCheck): string {
  const { blocks, damagedBlocks, damagedBytes, isReadable } = check;
  const what = isReadable
    ? `${damagedBlocks} of its ${blocks} blocks, ${damagedBytes} bytes, are not what was written`
    : `its index is not what was written, and up to ${length} bytes cannot be found`;
  return (
    `The table ${name} of the database is damaged: ${what}; they may be queued, retained or scheduled messages written until ` +
    `${written.toISOString()}. The SD card may be failing: copy the data folder, and replace the card. The damaged table is kept in ` +
    'damaged/.'
  );
}
