import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it } from 'vitest';
import { configForm } from '../../src/app/config.ts';
import { silentLog } from '../../src/common/log.ts';
import { diskReserveBytes } from '../../src/config/disk-reserve.ts';
import { keptBytesOf } from '../../src/config/section.ts';
import { Spool } from '../../src/objects/uploads/spool.ts';

const MIB = 2 ** 20;
const GIB = 1024 * MIB;

function reserve(values: object, diskBytes: number): number {
  const config = configForm.schema.parse(values);
  return diskReserveBytes(config, keptBytesOf(configForm.sections, config), diskBytes);
}

describe('what files leave free of a disk', () => {
  it('has room for every message that may still be accepted', () => {
    expect(reserve({}, 8 * GIB)).toBe((128 + 64 + 16 + 256) * MIB);
    const large = { limits: { maxRetainedBytes: GIB }, mqtt: { maxQueuedBytes: 2 * GIB } };
    expect(reserve(large, 64 * GIB)).toBe(3 * GIB + (128 + 16) * MIB);
  });

  it('is no more than a quarter of a small disk, and no less than 128 MiB', () => {
    expect([GIB, 256 * MIB].map((bytes) => reserve({}, bytes))).toEqual([256 * MIB, 128 * MIB]);
  });

  it('is not for uploads', async () => {
    const options = { folder: await temporaryFolder(), log: silentLog, maxBytes: GIB };
    const full = await Spool.open({ ...options, reserveBytes: (diskBytes) => diskBytes });
    await expect(full.spool.checkDisk(1)).rejects.toThrow('are kept free for messages');
    const { spool } = await Spool.open({ ...options, reserveBytes: () => 0 });
    await expect(spool.checkDisk(1)).resolves.toBeUndefined();
  });
});
