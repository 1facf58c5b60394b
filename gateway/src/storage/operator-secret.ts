import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeToken } from '../access/tokens.ts';
import { OPERATOR_SECRET_FILE } from '../common/data-files.ts';
import { replaceFile } from './atomic-file.ts';

/** Makes a new operator's secret and writes it into the data folder, readable by the gateway's user alone. */
export async function writeOperatorSecret(dataDir: string): Promise<string> {
  const secret = makeToken();
  await mkdir(dataDir, { recursive: true });
  await replaceFile(join(dataDir, OPERATOR_SECRET_FILE), `${secret}\n`);
  return secret;
}
