import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLevelLog } from './level-log.ts';

/** The fields of a manifest record (db/version_edit.cc), each with the numbers and texts it consists of. */
const FIELDS: Record<number, string> = { 1: 't', 2: 'n', 3: 'n', 4: 'n', 5: 'nt', 6: 'nn', 7: 'nnntt', 9: 'n' };
const DELETED = 6;
const ADDED = 7;

/**
 * The numbers of the tables that belong to a database, according to its manifest. Other tables are leftovers, for example of a compaction
 * that a power cut interrupted, and LevelDB removes them. Throws if the manifest cannot be read.
 */
export async function liveTables(location: string): Promise<Set<number>> {
  const current = (await readFile(join(location, 'CURRENT'), 'utf8')).trim();
  if (!/^MANIFEST-\d+$/.test(current)) throw new RangeError('CURRENT names no manifest');
  const { batches, damage } = readLevelLog(await readFile(join(location, current)), true);
  if (damage) throw new RangeError('the manifest is damaged');
  const live = new Set<number>();
  for (const edit of batches) {
    for (const [tag, [, number = 0]] of fieldsOf(edit)) {
      if (tag === ADDED) live.add(number);
      else if (tag === DELETED) live.delete(number);
    }
  }
  return live;
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
