import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { flip, keysAfter } from '@crosscomm/testing/damage';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/common/log.ts';
import { crc32c } from '../../src/storage/crc32c.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { readBatch, readLevelLog } from '../../src/storage/level-log.ts';

const COUNT = 200;

/** A data directory that was left as by a power cut: all that was written is in the log. */
async function written(
  values: (index: number) => string = (index) => `value ${index} ${'x'.repeat(200)}`,
): Promise<string> {
  const dataDir = await temporaryFolder();
  const db = await openDatabase(dataDir, silentLog);
  for (let index = 0; index < COUNT; index++) await db.put(`key ${String(index).padStart(3, '0')}`, values(index));
  await db.close();
  return dataDir;
}

function logOf(dataDir: string): string {
  const state = join(dataDir, 'state');
  const [name = ''] = readdirSync(state).filter((each) => each.endsWith('.log'));
  return join(state, name);
}

describe('the checksum', () => {
  it('is CRC-32C, as RFC 3720 has it', () => {
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });
});

describe('a log of the database', () => {
  it('is read as LevelDB wrote it, also what is longer than a block', async () => {
    const long = 'y'.repeat(100_000);
    const dataDir = await written((index) => (index === 7 ? long : `value ${index}`));
    const { batches, damage } = readLevelLog(readFileSync(logOf(dataDir)));
    expect(damage).toBeUndefined();
    const changes = batches.flatMap((batch) => [...readBatch(batch)]);
    expect(changes).toHaveLength(COUNT);
    expect(changes[7]).toMatchObject({ type: 'put', value: Buffer.from(long) });
  });

  it('that ends in the middle of a record, as after a power cut, is not damaged', async () => {
    const dataDir = await written();
    const bytes = readFileSync(logOf(dataDir));
    writeFileSync(logOf(dataDir), bytes.subarray(0, -5));
    const { keys, told } = await keysAfter(dataDir);
    expect(keys).toHaveLength(COUNT - 1);
    expect(told).toEqual([]);
  });

  it.each([
    ['in the content of the first record', 50, COUNT - 1],
    ['in the middle', 20_000, COUNT - 1],
    ['in a checksum', 0, COUNT - 1],
  ])('with one byte that changed %s loses that record alone, and says so', async (_, place, left) => {
    const dataDir = await written();
    flip(logOf(dataDir), place);
    const { keys, told } = await keysAfter(dataDir);
    expect(keys).toHaveLength(left);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /^The log \d+\.log of the database is damaged: at least 1 changes in \d+ bytes are lost.*written between 20/,
    );
    expect(await readdir(join(dataDir, 'damaged'))).toHaveLength(1);
    expect((await keysAfter(dataDir)).told).toEqual([]);
  });

  it('with a length that changed loses no more than its block of 32 KiB', async () => {
    const dataDir = await written();
    flip(logOf(dataDir), 4);
    const { keys, told } = await keysAfter(dataDir);
    expect(keys.length).toBeGreaterThan(COUNT - 32_768 / 200);
    expect(told).toHaveLength(1);
  });

  it('keeps what was changed again behind the damage as it was last', async () => {
    const dataDir = await temporaryFolder();
    const db = await openDatabase(dataDir, silentLog);
    await db.put('lost', 'x'.repeat(100));
    await db.put('twice', 'first');
    await db.put('gone', 'there');
    await db.put('twice', 'second');
    await db.del('gone');
    await db.close();
    flip(logOf(dataDir), 60);
    const again = await openDatabase(dataDir, silentLog, () => {});
    expect(await again.iterator().all()).toEqual([['twice', 'second']]);
    await again.close();
  });

  it('never makes the reader fail, whatever is in it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const { batches } = readLevelLog(Buffer.from(bytes));
        expect(batches.every((batch) => batch.length >= 12)).toBe(true);
      }),
    );
  });
});
