import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DayRecord, HOURS, type MeterRecord } from '../access/meter.ts';
import type { Quotas, Used } from '../access/quotas.ts';
import type { Clock } from '../common/clock.ts';
import { QUOTAS_FILE } from '../common/data-files.ts';
import type { Log } from '../common/log.ts';
import { replaceFile } from './atomic-file.ts';

/** How often what was used is written, while it changes. A power cut forgets so much of it. */
const WRITE_MS = 300_000;

/** What had been used of quotas when an earlier run wrote it down; nothing if that cannot be read. */
export async function readUsed(dataDir: string, log: Log): Promise<Used> {
  const path = join(dataDir, QUOTAS_FILE);
  try {
    // What earlier versions wrote has no addresses.
    const { version, used, addresses = {} } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    if (version !== 1) throw new TypeError('it is not of this version');
    return { accounts: readMeters(used), addresses: readMeters(addresses) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      log.warn({ err: error }, `What was used of quotas begins anew, as ${path} cannot be read.`);
    }
    return { accounts: {}, addresses: {} };
  }
}

/** Writes now and then what was used; the returned function ends that, and writes it a last time. */
export function keepUsed(
  quotas: Quotas,
  dataDir: string,
  { clock, log }: { clock: Clock; log: Log },
): () => Promise<void> {
  const path = join(dataDir, QUOTAS_FILE);
  const text = (): string => {
    const { accounts, addresses } = quotas.used();
    return `${JSON.stringify({ version: 1, used: accounts, addresses })}\n`;
  };
  let written = text();
  const write = async (): Promise<void> => {
    const used = text();
    if (used === written) return;
    written = used;
    try {
      await replaceFile(path, used);
    } catch (error) {
      log.warn({ err: error }, `What was used of quotas cannot be written to ${path}.`);
    }
  };
  const stop = clock.every(WRITE_MS, () => void write());
  return async () => {
    stop();
    await write();
  };
}

function readMeters(records: unknown): Record<string, MeterRecord> {
  if (typeof records !== 'object' || records === null) throw new TypeError('it has no records');
  return Object.fromEntries(Object.entries(records).map(([key, record]) => [key, readMeter(record)]));
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
