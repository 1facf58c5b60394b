import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What the scripts make and may lose. */
export const CACHE = join(ROOT, '.cache');

/** The folder in which the person typed the command; npm itself moves to the root. */
export const CALLED_FROM = process.env.INIT_CWD ?? process.cwd();
