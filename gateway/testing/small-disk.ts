import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** A disk of a few megabytes at a folder, which only programs see that are started by `command`; it needs no rights. */
export class SmallDisk {
  readonly #folder: string;
  readonly #holder: ChildProcess;
  #fills = 0;

  private constructor(folder: string, holder: ChildProcess) {
    this.#folder = folder;
    this.#holder = holder;
  }

  /** Mounts a disk of so many megabytes at `folder` in a namespace of its own. */
  static async mount(folder: string, megabytes: number): Promise<SmallDisk> {
    mkdirSync(folder, { recursive: true });
    const script = 'mount -t tmpfs -o "size=$2m" tmpfs "$1" && echo mounted && exec sleep infinity';
    const holder = spawn('unshare', ['-rm', 'sh', '-c', script, 'sh', folder, String(megabytes)]);
    await Promise.race([
      once(holder.stdout, 'data'),
      once(holder, 'exit').then(() => Promise.reject(new Error('user namespaces are not to be had here'))),
    ]);
    return new SmallDisk(folder, holder);
  }

  /** What runs a program with this disk: to be put before its command. */
  get command(): string[] {
    return ['nsenter', '-U', '-m', '--preserve-credentials', '-t', String(this.#holder.pid)];
  }

  /** The disk's folder as it is seen from outside. */
  get path(): string {
    return join('/proc', String(this.#holder.pid), 'root', this.#folder);
  }

  /** Leaves no room. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.path);
    const file = join(this.path, `fill-${this.#fills++}`);
    for (let left = bavail * bsize; left > 0; left -= CHUNK_BYTES) {
      try {
        appendFileSync(file, Buffer.alloc(Math.min(left, CHUNK_BYTES)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        return;
      }
    }
  }

  /** Makes the room again that `fill` took. */
  free(): void {
    while (this.#fills > 0) rmSync(join(this.path, `fill-${--this.#fills}`), { force: true });
  }

  async dispose(): Promise<void> {
    this.#holder.kill('SIGKILL');
    await once(this.#holder, 'exit');
  }
}

const CHUNK_BYTES = 1024 * 1024;
