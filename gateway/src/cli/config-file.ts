import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { callOf, type Shell, UsageError, warn } from './shell.ts';

/** The configuration that is meant where none is named. */
const STANDARD_FILE = 'crosscomm.yaml';
/** As others end the names of such files; the first that is there counts. */
const STANDARD_FILES = [STANDARD_FILE, 'crosscomm.yml'];

/** The environment variable for the folder that the person is in, where npm has moved to another to run the command. */
const FOLDER_VARIABLE = 'CROSSCOMM_CALLED_FROM';
/** The environment variable for the configuration of commands that name none; Debian's package sets it to that of the service. */
const FILE_VARIABLE = 'CROSSCOMM_CONFIG';

export interface ChosenFile {
  /** As the person named it, or where the standard one is; undefined where there is none and the defaults count. */
  file: string | undefined;
  /** Nobody named it: say that it is used, and that it is in this folder. */
  foundIn: string | undefined;
  /** The call that shows everything that is wrong with it. */
  check: string | undefined;
}

/**
 * The configuration file of a command: the one that was named, else that of the environment variable, else `crosscomm.yaml` or
 * `crosscomm.yml` in the folder it is called in, if there is one.
 */
export function configFile(shell: Shell, named: string | undefined): ChosenFile {
  const check = callOf(shell.env, 'config check');
  const meant = named ?? (shell.env[FILE_VARIABLE] || undefined);
  if (meant !== undefined) {
    return { file: meant, foundIn: undefined, check: named === undefined ? check : `${check} ${named}` };
  }
  for (const folder of foldersOf(shell)) {
    const [name, other] = STANDARD_FILES.filter((each) => existsSync(join(folder, each)));
    if (name === undefined) continue;
    if (other !== undefined) warn(shell, `${other} is not used, as ${name} is in the same folder: ${folder}`);
    return { file: folder === shell.cwd ? name : join(folder, name), foundIn: folder, check };
  }
  return { file: undefined, foundIn: undefined, check: undefined };
}

/** As `configFile`, for a command that is nothing without one. Throws UsageError. */
export function neededConfigFile(shell: Shell, named: string | undefined, command: string): string {
  const { file } = configFile(shell, named);
  if (file !== undefined) return file;
  const folder = personFolder(shell);
  throw new UsageError(
    `There is no ${STANDARD_FILE} in ${folder}: name a file; "${callOf(shell.env, `${command} --help`)}" explains.`,
  );
}

/** The folder that the person is in. */
export function personFolder(shell: Shell): string {
  return foldersOf(shell)[0] ?? shell.cwd;
}

function foldersOf({ env, cwd }: Shell): string[] {
  const calledFrom = env[FOLDER_VARIABLE];
  return calledFrom ? [calledFrom, cwd] : [cwd];
}
