import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../common/log.ts';

const MIB = 1024 * 1024;
/** Room that LevelDB may need to open: it writes what was in memory when the gateway was killed to tables, and starts a new log. */
const RESERVE_BYTES = 16 * MIB;
/** A reserve smaller than this would not help. */
const LEAST_BYTES = MIB;
/** Room that is left free beside the reserve on a disk that is almost full. */
const SLACK_BYTES = 4 * MIB;

/**
 * A file of zeros in the data folder that is removed when the gateway has to start on a full disk. Otherwise a gateway that was killed on a
 * full disk could not start again until somebody makes room.
 */
export class DiskReserve {
  readonly #dataDir: string;
  readonly #log: Log;

  constructor(dataDir: string, log: Log) {
    this.#dataDir = dataDir;
    this.#log = log;
  }

  get #path(): string {
    return join(this.#dataDir, 'reserve');
  }

  /** Frees the reserved room. Returns false if there was none. */
  async release(): Promise<boolean> {
    try {
      await rm(this.#path);
    } catch {
      return false;
    }
    this.#log.error(
      { code: 'DATA_DIR_UNUSABLE', dataDir: this.#dataDir },
      'The disk is full. The gateway starts by its reserve and serves what needs no writing; make room, and it goes on by itself.',
    );
    return true;
  }

  /** Takes the room again, as much as there is. Never rejects, as the gateway also works without it. */
  async take(): Promise<void> {
    try {
      await this.#take();
    } catch (error) {
      this.#log.warn({ err: error }, 'There is no room for the reserve that lets the gateway start on a full disk.');
    }
  }

  async #take(): Promise<void> {
    const file = await open(this.#path, 'a', 0o600);
    try {
      const { size } = await file.stat();
      if (size >= RESERVE_BYTES) return;
      const { bavail, bsize } = await statfs(this.#dataDir);
      const most = Math.min(RESERVE_BYTES, size + bavail * bsize - SLACK_BYTES);
      if (most < LEAST_BYTES) return;
      const zeros = Buffer.alloc(MIB);
      for (let at = size; at < most; ) at += (await file.write(zeros, 0, Math.min(MIB, most - at))).bytesWritten;
    } finally {
      await file.close();
    }
  }
}
