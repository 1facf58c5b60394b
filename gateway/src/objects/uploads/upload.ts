import type { Counter } from '../../common/metrics.ts';
import type { Digests } from '../content/digests.ts';
import { type Announced, checkAnnounced } from '../content/expectations.ts';
import { toObjectError } from '../content/faults.ts';
import type { IntakeFile } from '../content/intake-file.ts';
import { ObjectError } from '../contract.ts';
import type { UploadRecord } from './record.ts';
import type { Spool } from './spool.ts';
import { UploadError } from './upload-error.ts';

/** The sender's answer when an upload is on disk. */
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
  /** Counts received bytes. */
  received: Counter;
  /** Waits until there is room for this many more bytes. Throws ObjectError `full`. */
  makeRoom(bytes: number): Promise<void>;
  /** Takes over the complete upload. */
  accept(upload: Upload, digests: Digests): Promise<Accepted>;
  /** The upload is not in use now, or has ended. */
  release(upload: Upload, fate: 'kept' | 'discarded'): Promise<void>;
}

/** The room on the disk is checked each time this much has arrived. */
const DISK_CHECK_BYTES = 16 * 1024 * 1024;

/**
 * One incoming upload. Its methods are called one after another by one owner, each when the previous one has resolved. If the same upload
 * is started again, it is taken from the older owner, who gets UploadError `replaced`.
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

  /** Bytes that are written: the position where the sender continues. */
  get offset(): number {
    return this.#file.size;
  }

  /**
   * Writes the next bytes; the caller may reuse them when the promise resolves.
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
      // A part of a piece is useless to senders that count pieces.
      await this.#file.truncate(before).catch(() => {});
      throw toObjectError(error);
    } finally {
      if (this.#state === 'open') spool.setBytes(id, this.#file.size);
    }
  }

  /** Discards everything after the first `size` bytes: the sender continues there. */
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
   * Completes the upload: when the promise resolves it is on disk, and will get to the store and its recipients. `announced` is what the
   * sender knows only now.
   * @throws ObjectError `wrong_size` if fewer bytes came than announced, and the upload stays open; `wrong_digest` if the content is not
   * what was announced, and the upload is discarded; `full`, `unavailable`, and it can be started again; UploadError `replaced`, `over`
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

  /** The sender is gone. If it gave a token, the upload is kept for it to continue; otherwise it is discarded. */
  suspend(): Promise<void> {
    return this.#end('over', this.record.token === undefined ? 'discarded' : 'kept');
  }

  /** Discards the upload. */
  discard(): Promise<void> {
    return this.#end('over', 'discarded');
  }

  /** Takes the upload from its owner; if it is just being completed, that ends first. */
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
