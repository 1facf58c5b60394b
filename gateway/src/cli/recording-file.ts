import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { GatewayError } from '../common/errors.ts';
import type { OpenEvent, RecordingEvent, RecordingHead } from '../transports/recording/events.ts';
import { UsageError } from './shell.ts';

/** A recording is the file that was named and so many older parts: FILE.1 is the one before FILE. */
export const OLDER_PARTS = 4;
/** What clients say is nobody else's business. */
const MODE = 0o600;

/** Writes a recording, in parts of a limited size; the oldest part makes room for a new one. */
export class RecordingFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #file: FileHandle;
  #bytes = 0;
  #part = 1;
  #head: RecordingHead | undefined;
  /** The connections that are open, with what each part says of them again. */
  readonly #open = new Map<number, OpenEvent>();
  /** How many parts were dropped to make room. */
  dropped = 0;

  /** Makes the file. Throws a UsageError where it or an older part of it is there already, or it cannot be written. */
  static async create(path: string, maxBytes: number): Promise<RecordingFile> {
    for (let number = 1; number <= OLDER_PARTS; number++) {
      if (await exists(partOf(path, number))) throw new UsageError(taken(partOf(path, number)));
    }
    try {
      return new RecordingFile(path, maxBytes, await open(path, 'wx', MODE));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new UsageError(code === 'EEXIST' ? taken(path) : `${path} cannot be written: ${message}`);
    }
  }

  private constructor(path: string, maxBytes: number, file: FileHandle) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#file = file;
  }

  /** Throws a GatewayError OUTPUT_FAILED where it cannot be written. */
  async write(event: RecordingEvent): Promise<void> {
    if (event.is === 'recording') this.#head = event;
    if (event.is === 'open') this.#open.set(event.c, event);
    if (event.is === 'close') this.#open.delete(event.c);
    try {
      const line = `${JSON.stringify(event.is === 'recording' ? { ...event, part: this.#part } : event)}\n`;
      if (this.#bytes > 0 && this.#bytes + line.length > this.#maxBytes) await this.#beginPart();
      await this.#append(line);
    } catch (error) {
      throw new GatewayError('OUTPUT_FAILED', `${this.#path} cannot be written: ${(error as Error).message}`);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Takes it away: nothing was recorded. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  async #append(line: string): Promise<void> {
    await this.#file.appendFile(line);
    this.#bytes += Buffer.byteLength(line);
  }

  async #beginPart(): Promise<void> {
    await this.#file.close();
    if (this.#part > OLDER_PARTS) this.dropped++;
    for (let number = Math.min(this.#part, OLDER_PARTS); number >= 1; number--) {
      await rename(partOf(this.#path, number - 1), partOf(this.#path, number));
    }
    this.#file = await open(this.#path, 'wx', MODE);
    this.#bytes = 0;
    this.#part++;
    await this.#append(`${JSON.stringify({ ...this.#head, part: this.#part })}\n`);
    for (const event of this.#open.values()) await this.#append(`${JSON.stringify({ ...event, again: true })}\n`);
  }
}

/** The file of a part: 0 is the newest. */
export function partOf(path: string, number: number): string {
  return number === 0 ? path : `${path}.${number}`;
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

function taken(path: string): string {
  return `${path} exists already; name another file, or take it away.`;
}
