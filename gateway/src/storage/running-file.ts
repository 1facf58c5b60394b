import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { RUNNING_FILE } from '../common/data-files.ts';
import type { Log } from '../common/log.ts';
import { replaceFile } from './atomic-file.ts';

/** By which address the commands on this machine reach a running gateway. */
export interface Running {
  http: { host: string; port: number };
}

/** Writes it into the data folder; the returned function removes it. On a full disk commands look where the configuration says. */
export async function writeRunningFile(dataDir: string, { http }: Running, log: Log): Promise<() => Promise<void>> {
  const path = join(dataDir, RUNNING_FILE);
  try {
    await replaceFile(path, `${JSON.stringify({ http: { host: http.host, port: http.port } })}\n`);
  } catch (error) {
    log.warn({ path, reason: String(error) }, 'Where the gateway listens could not be written down. Look at the disk.');
  }
  return () => unlink(path).catch(() => {});
}

/** What the gateway with this data folder wrote, which may have been killed since; undefined if there is nothing. */
export async function readRunningFile(dataDir: string): Promise<Running | undefined> {
  try {
    const { http } = JSON.parse(await readFile(join(dataDir, RUNNING_FILE), 'utf8')) as Partial<Running>;
    return typeof http?.host === 'string' && typeof http.port === 'number' ? { http } : undefined;
  } catch {
    return undefined;
  }
}
