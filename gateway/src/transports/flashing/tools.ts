import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { GatewayError } from '../../common/errors.ts';
import type { Programmer } from './events.ts';

const run = promisify(execFile);

/** A program that flashes boards, as it was found on this machine. */
export interface FoundTool {
  name: Programmer;
  path: string;
  /** "7.1" */
  version: string;
  major: number;
}

interface KnownTool {
  /** What the program may be called. */
  commands: readonly string[];
  versionArgs: readonly string[];
  oldest: readonly [major: number, minor: number];
  install: string;
}

/** How long a program may take to say its version; Python on a Pi needs seconds. */
const VERSION_MS = 30_000;

const TOOLS: Readonly<Record<Programmer, KnownTool>> = {
  avrdude: {
    commands: ['avrdude'],
    versionArgs: ['-?'],
    oldest: [6, 0],
    install: 'sudo apt install avrdude',
  },
  esptool: {
    commands: ['esptool', 'esptool.py'],
    versionArgs: ['version'],
    oldest: [4, 0],
    install: 'sudo apt install esptool',
  },
  picotool: {
    commands: ['picotool'],
    versionArgs: ['version'],
    oldest: [2, 0],
    install:
      'sudo apt install picotool, from Debian 13 on; or hold BOOTSEL while you plug the board in, and copy the file to the drive that appears',
  },
};

/** Finds a program on the PATH, and asks it for its version. Throws a GatewayError FLASH_TOOL_MISSING that says what to install. */
export async function findTool(name: Programmer, env: NodeJS.ProcessEnv): Promise<FoundTool> {
  const { commands, install, oldest, versionArgs } = TOOLS[name];
  const path = await findOnPath(commands, env.PATH ?? '');
  if (path === undefined) {
    throw missing(`Such a board is flashed by ${name}, which is not installed on the gateway's machine`, install);
  }
  const said = await run(path, versionArgs, { env: toolEnv(env), timeout: VERSION_MS }).catch(
    (error: Error & { stdout?: string; stderr?: string }) => ({
      stdout: error.stdout ?? '',
      stderr: error.stderr || error.message,
    }),
  );
  const text = `${said.stdout}\n${said.stderr}`;
  const found = /(?:^|\s)v?(\d{1,4})\.(\d{1,4})(?:\.\d{1,4})?(?=[\s,-]|$)/m.exec(text);
  if (found === null) {
    const last = text.trim().split('\n').at(-1) ?? '';
    throw missing(`${path} does not say its version ("${last.slice(0, 200)}")`, install);
  }
  const [major, minor] = [Number(found[1]), Number(found[2])];
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    throw missing(`${path} is version ${major}.${minor}, and at least ${oldest.join('.')} is needed`, install);
  }
  return { name, path, version: found[0].trim().replace(/^v/, ''), major };
}

/** What a program gets of the gateway's environment: no secrets. Its messages are in English, as they are read. */
export function toolEnv({ PATH, HOME }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH, HOME, LC_ALL: 'C.UTF-8', PYTHONUNBUFFERED: '1', COLUMNS: '200' };
}

async function findOnPath(commands: readonly string[], path: string): Promise<string | undefined> {
  for (const command of commands) {
    for (const folder of path.split(delimiter)) {
      if (folder === '') continue;
      const file = join(folder, command);
      const isThere = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return file;
    }
  }
  return undefined;
}

function missing(what: string, install: string): GatewayError {
  return new GatewayError('FLASH_TOOL_MISSING', `${what}: ${install}.`);
}
