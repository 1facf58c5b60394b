import type { Counter } from '../../common/metrics.ts';
import type { Digests } from '../content/digests.ts';
import { type Announced, checkAnnounced } from '../content/expectations.ts';
import { toObjectError } from '../content/faults.ts';
import type { IntakeFile } from '../content/intake-file.ts';
import { ObjectError } from '../contract.ts';
import type { UploadRecord } from './record.ts';
import type { Spool } from './spool.ts';
import { UploadError } from './upload-error.ts';

/** What the sender of an upload is told when it is on disk. */
export interface Accepted {
  key: string;
  /** Bytes. */
  size: number;
  /** Hex. */
  sha256: string;
  /** CRC-32, an unsigned number. */
  crc32: number;
}

export interface UploadParts {
  spool: Spool;
  /** The largest object, bytes. */
  maxBytes: number;
  /** Counts the bytes that come. */
  received: Counter;
  /** Waits until there is room for so many bytes more. Throws ObjectError `full`. */
  makeRoom(bytes: number): Promise<void>;
  /** Takes over what is complete. */
  accept(upload: Upload, digests: Digests): Promise<Accepted>;
  /** The upload is not used now, or is no more. */
  release(upload: Upload, fate: 'kept' | 'discarded'): Promise<void>;
}

/** The disk's room is looked at each time so much has come. */
const DISK_CHECK_BYTES = 16 * 1024 * 1024;

/**
 * One upload whose content is coming. Its methods are called one after another, each when the one before has resolved, by
 * one owner; who begins the same upload anew takes it away from an older owner, who then gets UploadError `replaced`.
 */
export class Upload {
  readonly record: UploadRecord;
  readonly #parts: UploadParts;
  readonly #file: IntakeFile;
  #checkedSize: number;
  #state: 'open' | 'finishing' | 'over' | 'replaced' = 'open';
  #writing: Promise<void> = Promise.resolve();
  #finishing: Promise<Accepted> | undefined;

  constructor(record: UploadRecord, file: IntakeFile, parts: UploadParts) {
    this.record = record;
    this.#file = file;
    this.#parts = parts;
    this.#checkedSize = file.size;
  }

  /** Bytes that are written: where the sender goes on. */
  get offset(): number {
    return this.#file.size;
  }

  /**
   * Writes what comes next. `bytes` may be used again when the promise resolves.
   *
   * @throws ObjectError `wrong_size`, `too_large`, `full`, `unavailable`, and the upload stays open; UploadError `replaced`, `over`
   */
  async append(bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    const { spool, maxBytes } = this.#parts;
    const { id, size } = this.record;
    const after = this.offset + bytes.length;
    if (size !== undefined && after > size) {
      throw new ObjectError('wrong_size', `${size} bytes were announced, and more came.`);
    }
    if (after > maxBytes) throw new ObjectError('too_large', `An object may have ${maxBytes} bytes, and more came.`);
    if (!spool.hasBudget(bytes.length)) {
      await this.#parts.makeRoom(bytes.length);
      this.#checkOpen();
    }
    if (after - this.#checkedSize >= DISK_CHECK_BYTES) {
      await spool.checkDisk(bytes.length);
      this.#checkedSize = after;
      this.#checkOpen();
    }
    const before = this.#file.size;
    try {
      this.#writing = this.#file.append(bytes);
      await this.#writing;
      this.#parts.received.value += bytes.length;
    } catch (error) {
      // A part of a piece is of no use to anyone who counts pieces.
      await this.#file.truncate(before).catch(() => {});
      throw toObjectError(error);
    } finally {
      if (this.#state === 'open') spool.setBytes(id, this.#file.size);
    }
  }

  /** Throws away everything after the first `size` bytes: the sender begins there again. */
  async truncate(size: number): Promise<void> {
    this.#checkOpen();
    if (size >= this.offset) return;
    try {
      await this.#file.truncate(size);
    } catch (error) {
      throw toObjectError(error);
    }
    this.#checkedSize = Math.min(this.#checkedSize, size);
    this.#parts.spool.setBytes(this.record.id, size);
  }

  /**
   * Ends the upload: it is on disk, and will get to the store and its recipients, when the promise resolves. `announced` is
   * what the sender knows only now.
   *
   * @throws ObjectError `wrong_size` where less came than was announced, and the upload stays open; `wrong_digest` where
   * it is not what was announced, and nothing is left of it; `full`, `unavailable`, and it can be begun again;
   * UploadError `replaced`, `over`
   */
  async finish(announced: Pick<Announced, 'size' | 'crc32'> = {}): Promise<Accepted> {
    this.#checkOpen();
    const { size } = this.record;
    if (size !== undefined && this.offset < size) {
      throw new ObjectError('wrong_size', `${size} bytes were announced, and only ${this.offset} came.`);
    }
    this.#state = 'finishing';
    this.#finishing = this.#finish(announced);
    return await this.#finishing;
  }

  /** The sender is gone, and may come back where it gave the upload a token; else nothing is left of it. */
  suspend(): Promise<void> {
    return this.#end('over', this.record.token === undefined ? 'discarded' : 'kept');
  }

  /** Nothing is left of it. */
  discard(): Promise<void> {
    return this.#end('over', 'discarded');
  }

  /** Takes it away from its owner; one that is being finished is finished first. */
  replace(): Promise<void> {
    return this.#end('replaced', 'kept');
  }

  async #finish(announced: Announced): Promise<Accepted> {
    try {
      const digests = await this.#file.finish();
      checkAnnounced(digests, { ...this.record, ...announced });
      return await this.#parts.accept(this, digests);
    } catch (error) {
      const fault = toObjectError(error);
      const isUseless = fault.code === 'wrong_digest' || fault.code === 'wrong_size';
      this.#parts.spool.setBytes(this.record.id, this.#file.size);
      await this.#parts.release(this, isUseless ? 'discarded' : 'kept');
      throw fault;
    } finally {
      this.#state = 'over';
    }
  }

  async #end(state: 'over' | 'replaced', fate: 'kept' | 'discarded'): Promise<void> {
    await this.#finishing?.catch(() => {});
    if (this.#state !== 'open') return;
    this.#state = state;
    await this.#writing.catch(() => {});
    await this.#file.close().catch(() => {});
    this.#parts.spool.setBytes(this.record.id, this.#file.size);
    await this.#parts.release(this, fate);
  }

  #checkOpen(): void {
    if (this.#state === 'open') return;
    if (this.#state === 'replaced') {
      throw new UploadError('replaced', 'Another connection goes on with this upload.');
    }
    throw new UploadError('over', 'The upload is over; begin it again.');
  }
}
