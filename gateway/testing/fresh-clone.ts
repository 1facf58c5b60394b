import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blocksOf, ROOT } from '../test/docs/pages.ts';
import { Terminal } from './terminal.ts';

/** What is no part of the project: what .gitignore lists, and what git keeps. */
const NOT_CLONED = [...readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n'), '.git']
  .map((line) => line.replaceAll('/', ''))
  .filter((name) => name !== '');
/** What the first start makes. */
const BUILT = ['dist'];

/**
 * What someone has who cloned the project a moment ago, with the npm packages already there: nothing is built, or with `isBuilt`, they have
 * started it before. People know only what the pages say, so a command that is typed here has to stand in one.
 */
export class FreshClone {
  readonly folder = mkdtempSync(join(tmpdir(), 'crosscomm-clone-'));
  readonly #open: Terminal[] = [];

  constructor({ isBuilt = false } = {}) {
    const without = NOT_CLONED.filter((name) => !(isBuilt && BUILT.includes(name))).map((name) => `--exclude=${name}`);
    // By its times, to the nanosecond, a source is known to be the one that was built.
    execFileSync('sh', [
      '-c',
      'root=$0 folder=$1; shift; tar -C "$root" --format=pax "$@" -cf - . | tar -C "$folder" -xf -',
      ...[ROOT, this.folder, ...without],
    ]);
    // Links to the files take a second, copies ten; the packages of the project itself are links to its own folders.
    execFileSync('sh', [
      '-c',
      'cp -al "$0" "$1" 2>/dev/null || cp -a "$0" "$1"',
      join(ROOT, 'node_modules'),
      this.folder,
    ]);
    // The Python packages, which people install by pip.
    symlinkSync(join(ROOT, '.cache'), join(this.folder, '.cache'));
  }

  /** The command, which this page of the project's tells people; an error where it does not. */
  tells(page: string, command: string): string {
    if (!readFileSync(join(this.folder, page), 'utf8').includes(command))
      throw new Error(`${page} does not tell people: ${command}`);
    return command;
  }

  /** The first block of code in this language on a page, of those that contain `part`. */
  sample(page: string, language: string, part = ''): string {
    const block = blocksOf(page).find((each) => each.language === language && each.text.includes(part));
    if (!block) throw new Error(`${page} has no sample in ${language} with ${part}`);
    return `${block.text}\n`;
  }

  /** Writes a file of the person's own, relative to the clone; its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Removes a file of the person's own, relative to the clone. */
  remove(name: string): void {
    rmSync(join(this.folder, name));
  }

  /** Opens a terminal in the clone, or in another folder, with this command typed. */
  type(command: string, { cwd = this.folder, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Terminal {
    const terminal = new Terminal(command, cwd, env);
    this.#open.push(terminal);
    return terminal;
  }

  /** Ends what runs in all terminals, the newest first. */
  async closeTerminals(): Promise<void> {
    for (const terminal of this.#open.splice(0).reverse()) await terminal.close();
  }

  async dispose(): Promise<void> {
    await this.closeTerminals();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
