import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SOURCE = join(import.meta.dirname, 'full-disk.c');
/** Outside of what git sees. */
const BUILD_DIRECTORY = join(import.meta.dirname, '../../../.cache/full-disk');

/** What has no room any more. */
export interface Fullness {
  /** The calls that fail: w is write, s sync, t truncate. */
  calls: string;
  /** How many bytes can be written until they do. */
  roomBytes?: number;
  /** What the paths of the files have in them. */
  path: string;
}

/** A disk that is full when a test says so, for programs that get `env`. */
export class FullDisk {
  readonly env: NodeJS.ProcessEnv;
  readonly #folder = mkdtempSync(join(tmpdir(), 'crosscomm-test-'));
  readonly #control = join(this.#folder, 'control');

  private constructor(library: string) {
    this.env = { LD_PRELOAD: library, FULL_DISK: this.#control };
  }

  static async build(): Promise<FullDisk> {
    mkdirSync(BUILD_DIRECTORY, { recursive: true });
    const library = join(BUILD_DIRECTORY, 'full-disk.so');
    const made = `${library}.${process.pid}`;
    await promisify(execFile)('cc', [
      '-O2',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-shared',
      '-fPIC',
      SOURCE,
      '-o',
      made,
      '-ldl',
    ]);
    renameSync(made, library);
    return new FullDisk(library);
  }

  fill({ calls, roomBytes = 0, path }: Fullness): void {
    writeFileSync(`${this.#control}.new`, `${calls} ${roomBytes} ${path}\n`);
    renameSync(`${this.#control}.new`, this.#control);
  }

  free(): void {
    rmSync(this.#control, { force: true });
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
