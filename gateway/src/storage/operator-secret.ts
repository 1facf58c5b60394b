import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isToken, makeToken } from '../access/tokens.ts';
import { OPERATOR_SECRET_FILE } from '../common/data-files.ts';
import type { Log } from '../common/log.ts';
import { replaceFile } from './atomic-file.ts';

/**
 * Makes a new operator's secret and writes it into the data folder, readable by the gateway's user alone. Where the disk is full, the one of
 * the run before stays; undefined if there is none, and then commands cannot prove themselves.
 */
export async function writeOperatorSecret(dataDir: string, log: Log): Promise<string | undefined> {
  const path = join(dataDir, OPERATOR_SECRET_FILE);
  const secret = makeToken();
  try {
    await mkdir(dataDir, { recursive: true });
    await replaceFile(path, `${secret}\n`);
    return secret;
  } catch (error) {
    const before = await readFile(path, 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
    const isKept = isToken(before);
    const effect = isKept ? 'the one of the last run stays' : 'commands on this machine cannot prove themselves';
    log.warn(
      { path, reason: String(error) },
      `The operator's secret could not be written: ${effect}. Look at the disk.`,
    );
    return isKept ? before : undefined;
  }
}
