import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { flip, keysAfter } from '@crosscomm/testing/damage';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nativeOf } from '../../src/common/level.ts';
import { silentLog } from '../../src/common/log.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { checkLevelTable } from '../../src/storage/level-table.ts';
import { liveTables } from '../../src/storage/live-tables.ts';
import { unsnappy } from '../../src/storage/snappy.ts';

const COUNT = 400;
const FOOTER_BYTES = 48;

/** A data directory whose database has a table for keys of `a` and one for keys of `b`. */
async function compacted(): Promise<string> {
  const dataDir = await temporaryFolder();
  const db = await openDatabase(dataDir, silentLog);
  const compactable = nativeOf(db);
  for (const letter of ['a', 'b']) {
    await db.batch(
      Array.from({ length: COUNT }, (_, index) => ({
        type: 'put' as const,
        key: `${letter}${String(index).padStart(4, '0')}`,
        value: `value ${index * 7919} ${'x'.repeat(index)}`,
      })),
    );
    await compactable.compactRange(letter, `${letter}~`);
  }
  await db.close();
  return dataDir;
}

function tablesOf(dataDir: string): string[] {
  const state = join(dataDir, 'state');
  return readdirSync(state)
    .filter((name) => name.endsWith('.ldb'))
    .sort()
    .map((name) => join(state, name));
}

describe('a table of the database', () => {
  it('that is sound is found so, by the tables that the manifest names', async () => {
    const dataDir = await compacted();
    const paths = tablesOf(dataDir);
    expect(paths).toHaveLength(2);
    expect([...(await liveTables(join(dataDir, 'state')))].sort()).toEqual(
      paths.map((path) => Number.parseInt(path.slice(path.lastIndexOf('/') + 1), 10)),
    );
    for (const path of paths) {
      const check = checkLevelTable(readFileSync(path));
      expect(check).toMatchObject({ damagedBlocks: 0, damagedBytes: 0, isReadable: true });
      expect(check.blocks).toBeGreaterThan(1);
    }
    expect(await keysAfter(dataDir)).toMatchObject({ keys: { length: 2 * COUNT }, told: [] });
  });

  it('is left alone by a second gateway on the same folder', async () => {
    const dataDir = await compacted();
    const path = tablesOf(dataDir)[0] as string;
    const db = await openDatabase(dataDir, silentLog);
    flip(path, 100);
    const before = readFileSync(path);
    const told: string[] = [];
    await expect(openDatabase(dataDir, silentLog, (sentence) => told.push(sentence))).rejects.toMatchObject({
      code: 'DATA_DIR_LOCKED',
    });
    expect(told).toEqual([]);
    expect(readFileSync(path).equals(before)).toBe(true);
    await db.close();
  });

  it('in which a byte has changed is told of, and kept', async () => {
    const dataDir = await compacted();
    flip(tablesOf(dataDir)[0] as string, 100);
    const { told } = await keysAfter(dataDir);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /^The table \d+\.ldb of the database is damaged: 1 of its \d+ blocks, \d+ bytes, are not what was/,
    );
    expect(await readdir(join(dataDir, 'damaged'))).toHaveLength(1);
  });

  it('in which any byte of a block has changed never keeps the others from being read to their end', async () => {
    for (const place of [0, 540, 864, 1080, 1404, 2160, 3000]) {
      const dataDir = await compacted();
      flip(tablesOf(dataDir)[0] as string, place);
      const { keys, told } = await keysAfter(dataDir);
      expect(keys.filter((key) => key.startsWith('b'))).toHaveLength(COUNT);
      expect(keys.length).toBeGreaterThan(COUNT);
      expect(told).toHaveLength(1);
      expect((await keysAfter(dataDir)).told).toEqual([]);
    }
  });

  it('whose index has changed is told of once and kept, and the other tables are read to their end', async () => {
    const dataDir = await compacted();
    flip(tablesOf(dataDir)[0] as string, -FOOTER_BYTES - 20);
    const { keys, told } = await keysAfter(dataDir);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/: its index is not what was written, and up to \d+ bytes cannot be found;/);
    expect(keys.filter((key) => key.startsWith('b'))).toHaveLength(COUNT);
    expect(await readdir(join(dataDir, 'damaged'))).toHaveLength(1);
    expect((await keysAfter(dataDir)).told).toEqual([]);
  });

  it('whose end has changed is mended, and nothing is lost', async () => {
    const dataDir = await compacted();
    flip(tablesOf(dataDir)[0] as string, -1);
    const { keys, told } = await keysAfter(dataDir);
    expect(keys).toHaveLength(2 * COUNT);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /^The end of the table \d+\.ldb of the database was damaged and is mended; nothing is lost\./,
    );
    expect(await keysAfter(dataDir)).toMatchObject({ keys: { length: 2 * COUNT }, told: [] });
  });

  it('that no manifest names, as a power cut leaves it, is no damage', async () => {
    const dataDir = await compacted();
    writeFileSync(join(dataDir, 'state', '999999.ldb'), 'half a tab');
    expect(await keysAfter(dataDir)).toMatchObject({ keys: { length: 2 * COUNT }, told: [] });
  });

  it('is found damaged at whichever byte of its blocks or filters, and never makes the check fail', async () => {
    const bytes = readFileSync(tablesOf(await compacted())[0] as string);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const changed = Buffer.from(bytes);
        changed[place] = (changed[place] as number) ^ change;
        const check = checkLevelTable(changed);
        // The footer has room that holds nothing.
        if (place < bytes.length - FOOTER_BYTES) expect(check.isReadable && check.damagedBlocks === 0).toBe(false);
      }),
    );
  });
});

describe('a Snappy block', () => {
  it('is read with its literals and its copies, which may repeat themselves', () => {
    expect(unsnappy(Buffer.from('09086162630903', 'hex')).toString()).toBe('abcabcabc');
  });

  it('that ends too soon or reaches too far is refused', () => {
    for (const hex of ['', '09', '0908616263', '09086162630909', '09086162630900', 'ffffffff0f']) {
      expect(() => unsnappy(Buffer.from(hex, 'hex'))).toThrow(RangeError);
    }
  });
});
