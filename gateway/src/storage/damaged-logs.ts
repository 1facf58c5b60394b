import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogChange, type LogContent, readBatch, readLevelLog } from './level-log.ts';

/** How many damaged files are kept for somebody to look at. */
const MAX_KEPT = 3;
/** LevelDB's logs never grow longer than this. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;

/** What was found in a database's logs before it was opened, if any of them is damaged. */
export interface LogDamage {
  /** The last change of each key that could be read, without the damaged parts. */
  changes: LogChange[];
  /** For each damaged log: how much of it is lost, and since when. */
  sentences: string[];
  /** The damaged logs, unchanged. */
  files: { name: string; bytes: Buffer }[];
}

interface ReadLog extends LogContent {
  name: string;
  bytes: Buffer;
  begun: Date;
  written: Date;
}

/**
 * Reads a database's logs before it is opened. LevelDB itself skips damage without a word, loses everything behind it in the same 32 KiB,
 * and then deletes the log. Returns undefined if nothing is damaged.
 */
export async function findLogDamage(location: string): Promise<LogDamage | undefined> {
  const logs = await readLogs(location);
  const damaged = logs.filter(({ damage }) => damage !== undefined);
  if (damaged.length === 0) return undefined;
  const last = new Map<string, LogChange>();
  for (const { batches } of logs) {
    for (const batch of batches) for (const change of readBatch(batch)) last.set(change.key.toString('latin1'), change);
  }
  return {
    changes: [...last.values()],
    sentences: damaged.map(sentenceOf),
    files: damaged.map(({ name, bytes, written }) => ({
      name: `${written.toISOString().replaceAll(':', '')}-${name}`,
      bytes,
    })),
  };
}

/** The names of damaged files that are already kept. */
export async function keptNames(dataDir: string): Promise<Set<string>> {
  return new Set(await readdir(join(dataDir, 'damaged')).catch(() => []));
}

/** Keeps copies of damaged files in `damaged/` in the data folder; only the newest stay. */
export async function keepDamaged(dataDir: string, files: LogDamage['files']): Promise<void> {
  const folder = join(dataDir, 'damaged');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { name, bytes } of files) await writeFile(join(folder, name), bytes, { mode: 0o600 });
  const names = (await readdir(folder)).sort();
  for (const name of names.slice(0, Math.max(0, names.length - MAX_KEPT))) await rm(join(folder, name));
}

async function readLogs(location: string): Promise<ReadLog[]> {
  const names = (await readdir(location).catch(() => [])).filter((name) => /^\d{1,20}\.log$/.test(name)).sort();
  const logs: ReadLog[] = [];
  for (const name of names) {
    const path = join(location, name);
    const { size, birthtime, mtime } = await stat(path);
    if (size > MAX_LOG_BYTES) continue;
    const bytes = await readFile(path);
    logs.push({ name, bytes, begun: birthtime, written: mtime, ...readLevelLog(bytes) });
  }
  return logs;
}

function sentenceOf({ name, begun, written, batches, damage }: ReadLog): string {
  const { changes = 0, bytes = 0 } = damage ?? {};
  const what = changes > 0 ? `at least ${changes} changes` : 'some changes';
  return (
    `The log ${name} of the database is damaged: ${what} in ${bytes} bytes are lost, which may be queued, retained or scheduled ` +
    `messages written between ${begun.toISOString()} and ${written.toISOString()}; ${batches.length} batches could be read and are ` +
    'there. The SD card may be failing: copy the data folder, and replace the card. The damaged log is kept in damaged/.'
  );
}
