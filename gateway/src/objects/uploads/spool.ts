import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, stat, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../common/log.ts';
import { replaceFile, syncFolder } from '../../storage/atomic-file.ts';
import { isMissing, toObjectError } from '../content/faults.ts';
import { ObjectError } from '../contract.ts';
import { readRecord, type UploadRecord, writeRecord } from './record.ts';

export interface SpoolOptions {
  /** Created if it is missing. */
  folder: string;
  log: Log;
  /** The most bytes that all uploads together may have on disk. */
  maxBytes: number;
  /** How many bytes of a disk of the given size are left free for the gateway's own state and the rest of the system. */
  reserveBytes(diskBytes: number): number;
}

const CONTENT = /\.data(?:\.checkpoint)?$/;

/**
 * Uploads on disk, before they are in the store:
 *
 *     <folder>/<id>.json       the record
 *     <folder>/<id>.data       the content, and in <id>.data.checkpoint how much of it has arrived in a remote store
 *     <folder>/failed/         the same two of what can never get into the store
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #bytes = new Map<string, number>();
  #total = 0;

  private constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** Opens the spool, removes what belongs to no upload, and returns the records, the earliest first. */
  static async open(options: SpoolOptions): Promise<{ spool: Spool; records: UploadRecord[] }> {
    const spool = new Spool(options);
    await mkdir(spool.#failed, { recursive: true, mode: 0o700 });
    const records = new Map<string, UploadRecord>();
    for (const folder of [options.folder, spool.#failed]) {
      for (const record of await spool.#load(folder)) {
        const other = records.get(record.id);
        // It was being moved when the gateway was killed: the record beside the content is the valid one.
        const [kept, left] = other && !existsSync(spool.dataPath(record)) ? [other, record] : [record, other];
        if (left) await unlink(spool.#recordPath(left));
        records.set(record.id, kept);
      }
    }
    for (const record of records.values()) {
      spool.setBytes(record.id, (await stat(spool.dataPath(record)).catch(() => undefined))?.size ?? 0);
    }
    return { spool, records: [...records.values()].sort((one, other) => one.number - other.number) };
  }

  /** The path of an upload's content. */
  dataPath({ id, state }: Pick<UploadRecord, 'id' | 'state'>): string {
    return join(state === 'failed' ? this.#failed : this.#options.folder, `${id}.data`);
  }

  /** Bytes of all uploads together. */
  get bytes(): number {
    return this.#total;
  }

  /** Records how much of an upload is on disk. */
  setBytes(id: string, bytes: number): void {
    this.#total += bytes - (this.#bytes.get(id) ?? 0);
    if (bytes === 0) this.#bytes.delete(id);
    else this.#bytes.set(id, bytes);
  }

  bytesOf(id: string): number {
    return this.#bytes.get(id) ?? 0;
  }

  /** Whether the budget has room for this many bytes. */
  hasBudget(bytes: number): boolean {
    return this.#total + bytes <= this.#options.maxBytes;
  }

  /** Throws ObjectError `full` if `bytes` more would exceed the budget. */
  checkBudget(bytes: number): void {
    const { maxBytes } = this.#options;
    if (!this.hasBudget(bytes)) {
      const what = `${this.#total} of the ${maxBytes} bytes for uploads are taken`;
      throw new ObjectError('full', `There is no room for the upload now (${what}); try again later.`);
    }
  }

  /** Throws ObjectError `full` if `bytes` more would fill the disk. */
  async checkDisk(bytes: number): Promise<void> {
    const { blocks, bavail, bsize } = await statfs(this.#options.folder).catch(rethrow);
    const reserveBytes = this.#options.reserveBytes(blocks * bsize);
    if (bavail * bsize - bytes < reserveBytes) {
      const kept = `${Math.round(reserveBytes / 2 ** 20)} MiB are kept free for messages`;
      throw new ObjectError(
        'full',
        `The disk of the gateway is full (${kept}); delete something or take a larger one.`,
      );
    }
  }

  /** Writes a record to disk, and with it the name of the content. */
  async save(record: UploadRecord): Promise<void> {
    await replaceFile(this.#recordPath(record), writeRecord(record)).catch(rethrow);
  }

  /** Removes everything of an upload. The record goes first: content without a record belongs to no upload. */
  async remove(record: Pick<UploadRecord, 'id' | 'state'>): Promise<void> {
    const data = this.dataPath(record);
    for (const path of [this.#recordPath(record), data, `${data}.checkpoint`]) {
      await unlink(path).catch((error: unknown) => {
        if (!isMissing(error)) throw toObjectError(error);
      });
    }
    this.setBytes(record.id, 0);
  }

  /** Keeps only the record; the content is in the store, or was discarded. */
  async forgetContent(record: Pick<UploadRecord, 'id' | 'state'>): Promise<void> {
    const data = this.dataPath(record);
    for (const path of [data, `${data}.checkpoint`]) await unlink(path).catch(() => {});
    this.setBytes(record.id, 0);
  }

  /** Moves an upload between the spool and the folder of failed ones; `after` is its new record. */
  async move(before: UploadRecord, after: UploadRecord): Promise<void> {
    try {
      await replaceFile(this.#recordPath(after), writeRecord(after));
      await rename(this.dataPath(before), this.dataPath(after)).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
      await unlink(this.#recordPath(before));
      await syncFolder(this.#options.folder);
    } catch (error) {
      throw toObjectError(error);
    }
  }

  get #failed(): string {
    return join(this.#options.folder, 'failed');
  }

  #recordPath({ id, state }: Pick<UploadRecord, 'id' | 'state'>): string {
    return join(state === 'failed' ? this.#failed : this.#options.folder, `${id}.json`);
  }

  async #load(folder: string): Promise<UploadRecord[]> {
    const names = new Set(
      (await readdir(folder, { withFileTypes: true })).flatMap((each) => (each.isFile() ? each.name : [])),
    );
    const records: UploadRecord[] = [];
    for (const name of names) {
      const path = join(folder, name);
      if (name.endsWith('.json')) {
        const record = await this.#read(path);
        if (record) records.push(record);
      } else if (!CONTENT.test(name) || !names.has(name.replace(CONTENT, '.json'))) await unlink(path);
    }
    return records;
  }

  async #read(path: string): Promise<UploadRecord | undefined> {
    try {
      return readRecord(await readFile(path, 'utf8'));
    } catch (error) {
      this.#options.log.error(
        { code: 'OBJECTS_DAMAGED', path, reason: String(error) },
        'the record of an upload cannot be read; it is left as it is',
      );
      return undefined;
    }
  }
}

function rethrow(error: unknown): never {
  throw toObjectError(error);
}
