import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { callOf, type Shell, UsageError } from './shell.ts';

/** The configuration that is meant where none is named. */
const STANDARD_FILE = 'crosscomm.yaml';

/** The environment variable for the folder that the person is in, where npm has moved to another to run the command. */
const FOLDER_VARIABLE = 'CROSSCOMM_CALLED_FROM';

export interface ChosenFile {
  /** As the person named it, or where the standard one is; undefined where there is none and the defaults count. */
  file: string | undefined;
  /** Nobody named it: say that it is used, and that it is in this folder. */
  foundIn: string | undefined;
}

/** The configuration file of a command: the one that was named, else `crosscomm.yaml` in the folder it is called in, if there is one. */
export function configFile(shell: Shell, named: string | undefined): ChosenFile {
  if (named !== undefined) return { file: named, foundIn: undefined };
  const foundIn = foldersOf(shell).find((folder) => existsSync(join(folder, STANDARD_FILE)));
  if (foundIn === undefined) return { file: undefined, foundIn };
  return { file: foundIn === shell.cwd ? STANDARD_FILE : join(foundIn, STANDARD_FILE), foundIn };
}

/** As `configFile`, for a command that is nothing without one. Throws UsageError. */
export function neededConfigFile(shell: Shell, named: string | undefined, command: string): string {
  const { file } = configFile(shell, named);
  if (file !== undefined) return file;
  const [folder = ''] = foldersOf(shell);
  throw new UsageError(
    `There is no ${STANDARD_FILE} in ${folder}: name a file; "${callOf(shell.env, `${command} --help`)}" explains.`,
  );
}

function foldersOf({ env, cwd }: Shell): string[] {
  const calledFrom = env[FOLDER_VARIABLE];
  return calledFrom ? [calledFrom, cwd] : [cwd];
}
