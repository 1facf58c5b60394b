import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DayRecord, HOURS, type MeterRecord } from '../access/meter.ts';
import type { Quotas } from '../access/quotas.ts';
import type { Clock } from '../common/clock.ts';
import { QUOTAS_FILE } from '../common/data-files.ts';
import type { Log } from '../common/log.ts';
import { replaceFile } from './atomic-file.ts';

/** How often what accounts have used is written, while it changes. A power cut forgets so much of it. */
const WRITE_MS = 300_000;

/** What accounts had used of their quotas when an earlier run wrote it down; nothing if that cannot be read. */
export async function readUsed(dataDir: string, log: Log): Promise<Record<string, MeterRecord>> {
  const path = join(dataDir, QUOTAS_FILE);
  try {
    const { version, used } = JSON.parse(await readFile(path, 'utf8')) as { version?: unknown; used?: unknown };
    if (version !== 1 || typeof used !== 'object' || used === null) throw new TypeError('it is not of this version');
    return Object.fromEntries(Object.entries(used).map(([account, record]) => [account, readMeter(record)]));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      log.warn({ err: error }, `What accounts have used of their quotas begins anew, as ${path} cannot be read.`);
    }
    return {};
  }
}

/** Writes now and then what accounts have used; the returned function ends that, and writes it a last time. */
export function keepUsed(
  quotas: Quotas,
  dataDir: string,
  { clock, log }: { clock: Clock; log: Log },
): () => Promise<void> {
  const path = join(dataDir, QUOTAS_FILE);
  let written = JSON.stringify(quotas.used());
  const write = async (): Promise<void> => {
    const used = JSON.stringify(quotas.used());
    if (used === written) return;
    written = used;
    try {
      await replaceFile(path, `{"version": 1, "used": ${used}}\n`);
    } catch (error) {
      log.warn({ err: error }, `What accounts have used of their quotas cannot be written to ${path}.`);
    }
  };
  const stop = clock.every(WRITE_MS, () => void write());
  return async () => {
    stop();
    await write();
  };
}

function readMeter(record: unknown): MeterRecord {
  const { sent, uploaded } = record as { sent?: unknown; uploaded?: unknown };
  return { sent: readDay(sent), uploaded: readDay(uploaded) };
}

function readDay(record: unknown): DayRecord | undefined {
  if (record === undefined) return undefined;
  const { hour, bytes } = record as Partial<DayRecord>;
  const isDay = Number.isSafeInteger(hour) && Array.isArray(bytes) && bytes.length <= HOURS && bytes.every(isCount);
  if (!isDay) throw new TypeError('it has what is no number of bytes');
  return { hour: hour as number, bytes };
}

const isCount = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0;
