import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, shownBytes } from '../finding.ts';

const MEASURED_BYTES = 1_000_000;
/** So small are most writes of the gateway. */
const SMALL_BYTES = 4096;
const SMALL_WRITES = 5;
/** Slower than this is felt: what must be on disk before it is acknowledged waits for it. */
const SLOW_SYNC_MS = 100;
const SLOW_BYTES_PER_S = 2_000_000;

/** Writes about a megabyte into a folder, and removes it again; says how fast that was. Never rejects. */
export async function diskSpeedFinding(folder: string): Promise<Finding> {
  const code = 'disk_speed';
  const path = join(folder, `speed-${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      return findingOf(await measure(file));
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
  } catch (error) {
    const reason = (error as Error).message;
    return {
      ...{ code, level: 'fault', values: { reason } },
      sentence: `The data folder cannot be written to: ${reason}.`,
      advice: 'Make room on the disk, or make the folder writable for the user that the gateway runs as.',
    };
  }
}

interface Speed {
  bytesPerS: number;
  /** How long a small write takes until it is on the disk; the median. */
  syncMs: number;
}

async function measure(file: FileHandle): Promise<Speed> {
  const large = randomBytes(MEASURED_BYTES);
  const begunMs = performance.now();
  await file.write(large, 0, MEASURED_BYTES, 0);
  await file.datasync();
  const bytesPerS = Math.round(MEASURED_BYTES / Math.max(0.000_001, (performance.now() - begunMs) / 1000));
  const times: number[] = [];
  for (let count = 0; count < SMALL_WRITES; count++) {
    const startMs = performance.now();
    await file.write(large, 0, SMALL_BYTES, count * SMALL_BYTES);
    await file.datasync();
    times.push(performance.now() - startMs);
  }
  times.sort((one, other) => one - other);
  return { bytesPerS, syncMs: Math.round((times[Math.floor(SMALL_WRITES / 2)] as number) * 10) / 10 };
}

function findingOf({ bytesPerS, syncMs }: Speed): Finding {
  const values = { bytesPerS, syncMs };
  const measured = `${shownBytes(bytesPerS)} a second, and ${syncMs} ms until something small is on it`;
  if (syncMs <= SLOW_SYNC_MS && bytesPerS >= SLOW_BYTES_PER_S) {
    return { code: 'disk_speed', level: 'ok', values, sentence: `The disk is fast enough: ${measured}.` };
  }
  return {
    ...{ code: 'disk_speed', level: 'warning', values, sentence: `The disk is slow: ${measured}.` },
    advice: 'Use a card of class A1 or A2, or an SSD; look whether another program writes much, with "iotop".',
  };
}
