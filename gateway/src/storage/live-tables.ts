import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLevelLog } from './level-log.ts';

/** The fields of a manifest record (db/version_edit.cc), each with the numbers and texts it consists of. */
const FIELDS: Record<number, string> = { 1: 't', 2: 'n', 3: 'n', 4: 'n', 5: 'nt', 6: 'nn', 7: 'nnntt', 9: 'n' };
const LOG_NUMBER = 2;
const DELETED = 6;
const ADDED = 7;

/** What belongs to a database, according to its manifest. */
export interface ManifestFacts {
  /** The numbers of its tables. */
  tables: Set<number>;
  /** Logs with a lower number are in tables already. */
  firstLog: number;
}

/**
 * The numbers of the tables that belong to a database, according to its manifest. Other tables are leftovers, for example of a compaction
 * that a power cut interrupted, and LevelDB removes them. Throws if the manifest cannot be read.
 */
export async function liveTables(location: string): Promise<Set<number>> {
  const current = manifestIn(await readFile(join(location, 'CURRENT'), 'utf8'));
  return readManifest(await readFile(join(location, current))).tables;
}

/** The name of the manifest, of what is in the file CURRENT. Throws a RangeError where that is something else. */
export function manifestIn(current: string): string {
  const name = current.trim();
  if (!/^MANIFEST-\d+$/.test(name)) throw new RangeError('CURRENT names no manifest');
  return name;
}

/** What a manifest says. Throws if it cannot be read. */
export function readManifest(file: Buffer): ManifestFacts {
  const { batches, damage } = readLevelLog(file, true);
  if (damage) throw new RangeError('the manifest is damaged');
  const tables = new Set<number>();
  let firstLog = 0;
  for (const edit of batches) {
    for (const [tag, [first = 0, second = 0]] of fieldsOf(edit)) {
      if (tag === ADDED) tables.add(second);
      else if (tag === DELETED) tables.delete(second);
      else if (tag === LOG_NUMBER) firstLog = first;
    }
  }
  return { tables, firstLog };
}

function* fieldsOf(edit: Buffer): Generator<[tag: number, numbers: number[]]> {
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = edit.readUInt8(at++);
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new RangeError('a number is too long');
  };
  while (at < edit.length) {
    const tag = number();
    const parts = FIELDS[tag];
    if (parts === undefined) throw new RangeError('a field is of no known kind');
    const numbers: number[] = [];
    for (const part of parts) {
      const value = number();
      if (part === 'n') numbers.push(value);
      else at += value;
    }
    yield [tag, numbers];
  }
}
