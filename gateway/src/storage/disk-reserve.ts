import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../common/log.ts';

const MIB = 1024 * 1024;
/** What LevelDB may need to open: what was in memory when the gateway was killed is written to tables and a new log begun. */
const RESERVE_BYTES = 16 * MIB;
/** Less than this helps nobody. */
const LEAST_BYTES = MIB;
/** What is left free beside it on a disk that is almost full. */
const SLACK_BYTES = 4 * MIB;

/**
 * A file of zeros in the data folder that gives its room away when the gateway has to start on a full disk: a gateway that was
 * killed there would otherwise not come back before somebody makes room.
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

  /** Gives its room away. False where there was none. */
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

  /** Takes its room again, as much of it as there is. Never rejects: without it the gateway works as well. */
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
