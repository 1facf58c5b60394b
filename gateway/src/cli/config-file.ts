import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Shell } from './shell.ts';

/** The configuration that is meant where none is named. */
const STANDARD_FILE = 'crosscomm.yaml';

export interface ChosenFile {
  /** As the person named it, or the standard name; undefined where there is none and the defaults count. */
  file: string | undefined;
  /** Nobody named it: say that it is used. */
  isFound: boolean;
}

/** The configuration file of a command: the one that was named, else `crosscomm.yaml` in the folder it runs in, if there is one. */
export function configFile(shell: Shell, named: string | undefined): ChosenFile {
  if (named !== undefined) return { file: named, isFound: false };
  const isFound = existsSync(resolve(shell.cwd, STANDARD_FILE));
  return { file: isFound ? STANDARD_FILE : undefined, isFound };
}
