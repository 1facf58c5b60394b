import { type FSWatcher, watch } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../common/log.ts';
import { isUsbPortName } from './identity.ts';

export interface PortWatcherOptions {
  /** Where device files are: `/dev`. */
  directory: string;
  /** Look for USB ports there. */
  autoDetect: boolean;
  /** Ports to look for by their path, wherever they are; links to a device file count as that device file. */
  configuredPaths: readonly string[];
  log: Log;
}

export interface PortWatcherHandler {
  /** These were not there at the last look, or others of the same name were. */
  appeared(paths: readonly string[]): void;
  vanished(path: string): void;
}

interface Sighting {
  path: string;
  /** Tells a device file from a later one of the same name. */
  mark: string;
}

/**
 * Knows which serial ports there are, and tells of changes. A look costs one directory and a few file attributes, no
 * process and no open port, so it can be taken several times a second, for years.
 */
export class PortWatcher {
  readonly #options: PortWatcherOptions;
  readonly #handler: PortWatcherHandler;
  /** Sightings by path. */
  #present = new Map<string, Sighting>();
  #scanning: Promise<void> | undefined;
  /** Something may have changed since the look that is under way began. */
  #again = false;
  #warned = false;

  constructor(options: PortWatcherOptions, handler: PortWatcherHandler) {
    this.#options = options;
    this.#handler = handler;
  }

  /** Takes a look, and tells the handler what changed since the last. Looks do not overlap; it never rejects. */
  scan(): Promise<void> {
    if (this.#scanning) this.#again = true;
    else this.#scanning = this.#lookUntilDone();
    return this.#scanning;
  }

  /**
   * Takes a look as soon as the system says that a port came or went; the returned function ends it. It is only a
   * shortcut: not every file system tells, so regular looks are needed all the same.
   */
  hurry(): () => void {
    let watcher: FSWatcher;
    try {
      watcher = watch(this.#options.directory, { persistent: false }, (event, name) => {
        // Every write to a port is a `change`.
        if (event === 'rename' && name !== null && isUsbPortName(name)) void this.scan();
      });
    } catch {
      return () => {};
    }
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  }

  async #lookUntilDone(): Promise<void> {
    try {
      do {
        this.#again = false;
        await this.#look();
      } while (this.#again);
    } finally {
      // In the same turn as the last question whether to look again, so that whoever asks for a look after it gets one.
      this.#scanning = undefined;
    }
  }

  async #look(): Promise<void> {
    const { configuredPaths, directory } = this.#options;
    const found = (await this.#usbNames()).map((name) => join(directory, name));
    const present = new Map<string, Sighting>();
    const targets = new Set<string>();
    // Configured paths first: where one leads to a USB port, that port goes by the configured path.
    for (const path of [...configuredPaths, ...found]) {
      const sighting = await sight(path);
      if (!sighting || targets.has(sighting.target)) continue;
      targets.add(sighting.target);
      present.set(path, sighting);
    }
    const before = this.#present;
    this.#present = present;
    for (const { path, mark } of before.values()) {
      if (present.get(path)?.mark !== mark) this.#handler.vanished(path);
    }
    const appeared = [...present.values()].filter(({ path, mark }) => before.get(path)?.mark !== mark);
    if (appeared.length > 0) this.#handler.appeared(appeared.map(({ path }) => path));
  }

  /** The names of the USB serial ports, ttyACM2 before ttyACM10. */
  async #usbNames(): Promise<string[]> {
    const { autoDetect, directory, log } = this.#options;
    if (!autoDetect) return [];
    try {
      const names = (await readdir(directory)).filter(isUsbPortName);
      return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    } catch (error) {
      if (!this.#warned) {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn({ directory, reason }, 'The directory of serial ports cannot be read; none will be found by itself.');
      }
      this.#warned = true;
      return [];
    }
  }
}

/** Undefined where there is nothing at `path`. */
async function sight(path: string): Promise<(Sighting & { target: string }) | undefined> {
  try {
    const [target, file, link] = await Promise.all([realpath(path), stat(path), lstat(path)]);
    // A board that was swapped between two looks has a new device file, and with it a new number or time of birth.
    const mark = [target, file.rdev, file.ino, link.ino, link.birthtimeMs].join(' ');
    return { path, mark, target };
  } catch {
    return undefined;
  }
}
