import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Clock } from '../../common/clock.ts';
import { syncFolder } from '../../storage/atomic-file.ts';
import { appendableEtag } from '../appendable-etag.ts';
import { corrupt } from '../content/checked-stream.ts';
import { CRC64_XZ, Crc } from '../content/crc.ts';
import { isMissing, toObjectError } from '../content/faults.ts';
import type { HeldBody } from '../content/held-body.ts';
import { writeAll } from '../content/write-buffer.ts';
import { hashOf, type Layout } from './layout.ts';
import { type Mark, readMark, writeMark } from './mark.ts';
import type { Sidecar } from './sidecar.ts';

/** What a content is, as far as it is computed while it grows. */
type Content = Pick<Mark, 'size' | 'crc64' | 'crc32'>;

const NOTHING: Content = { size: 0, crc64: '0', crc32: 0 };
/** How many objects' marks are kept in memory. */
const MAX_KNOWN = 1000;

interface Known {
  id: string;
  /** Undefined: nothing was appended since it was made. */
  mark: Mark | undefined;
}

/**
 * The contents of appendable objects. Each is one file that only grows, in place, and a mark says how much of it counts: content is synced
 * first, then the mark. So an append costs what it adds, and what broke off stays behind the mark until the next one.
 * Changes of one object come one after another; reading may be at the same time.
 */
export class Appendables {
  readonly #layout: Layout;
  readonly #clock: Clock;
  /** By hash. A mark that is being written does not count yet, though it may be read already. */
  readonly #known = new Map<string, Known>();

  constructor(layout: Layout, clock: Clock) {
    this.#layout = layout;
    this.#clock = clock;
  }

  /** The object as it is now, from its sidecar on disk. Throws ObjectError `corrupt`, `unavailable`. */
  async now(sidecar: Sidecar): Promise<Sidecar> {
    if (!sidecar.isAppendable) return sidecar;
    const mark = await this.#markOf(sidecar);
    if (mark === undefined) return sidecar;
    const { number: _number, ...grown } = mark;
    return { ...sidecar, ...grown, etag: appendableEtag(sidecar.id, mark.crc64) };
  }

  /** Writes the content of a new object, of which nobody knows until its sidecar is there. Throws the system's errors. */
  async create(hash: string, id: string, body: HeldBody): Promise<Content & { etag: string }> {
    const file = await open(this.#layout.content(hash, id), 'wx', 0o600);
    try {
      const content = await write(file, body, NOTHING);
      return { ...content, etag: appendableEtag(id, content.crc64) };
    } finally {
      await file.close();
    }
  }

  /** Appends to an object, given as it is now; resolves when that is on disk, to what it is then. Throws an ObjectError. */
  async extend(before: Sidecar, body: HeldBody): Promise<Sidecar> {
    const hash = hashOf(before.key);
    const { id } = before;
    const known = { id, mark: await this.#markOf(before) };
    // From now on the file may tell of what is not acknowledged.
    this.#remember(hash, known);
    const file = await open(this.#layout.content(hash, id), 'r+').catch((error: unknown) => {
      throw isMissing(error) ? corrupt(before.key, 'is gone') : toObjectError(error);
    });
    try {
      const { size } = await file.stat();
      if (size < before.size) throw corrupt(before.key, 'is shorter than what was written');
      // Something longer may have broken off here.
      if (size > before.size) await file.truncate(before.size);
      const content = await write(file, body, before);
      const mark: Mark = { number: (known.mark?.number ?? 0) + 1, ...content, ...this.#times() };
      const isNew = await writeMark(this.#layout.mark(hash, id), mark);
      if (isNew) await syncFolder(this.#layout.shard(hash));
      this.#remember(hash, { id, mark });
      return await this.now(before);
    } catch (error) {
      const fault = toObjectError(error);
      // What is damaged stays as it is.
      if (fault.code !== 'corrupt') await file.truncate(before.size).catch(() => {});
      throw fault;
    } finally {
      await file.close();
    }
  }

  /** Whether the object has this content at `position` already. Throws the system's errors. */
  async has(sidecar: Sidecar, position: number, body: HeldBody): Promise<boolean> {
    if (position + body.size > sidecar.size) return false;
    const file = await open(this.#layout.content(hashOf(sidecar.key), sidecar.id), 'r');
    try {
      let at = position;
      for await (const piece of body.pieces()) {
        const buffer = Buffer.allocUnsafe(piece.length);
        const { bytesRead } = await file.read(buffer, 0, piece.length, at);
        if (!buffer.subarray(0, bytesRead).equals(piece)) return false;
        at += piece.length;
      }
      return true;
    } finally {
      await file.close();
    }
  }

  /** Its content was replaced or removed. */
  forget(hash: string): void {
    this.#known.delete(hash);
  }

  async #markOf({ key, id }: Sidecar): Promise<Mark | undefined> {
    const hash = hashOf(key);
    const known = this.#known.get(hash);
    if (known?.id === id) return known.mark;
    try {
      return await readMark(this.#layout.mark(hash, id));
    } catch (error) {
      if (error instanceof RangeError) throw corrupt(key, 'has no length that can be read');
      throw toObjectError(error);
    }
  }

  #remember(hash: string, known: Known): void {
    this.#known.delete(hash);
    this.#known.set(hash, known);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  #times(): Pick<Mark, 'modifiedMs' | 'cameMs' | 'wasSynchronized'> {
    const clock = this.#clock;
    return {
      modifiedMs: clock.now(),
      cameMs: Math.round(clock.monotonicMs()),
      wasSynchronized: clock.isSynchronized(),
    };
  }
}

/** Writes a body behind what is there, and to the disk. */
async function write(file: FileHandle, body: HeldBody, before: Content): Promise<Content> {
  const crc64 = new Crc(CRC64_XZ, BigInt(before.crc64));
  let { size, crc32: crc } = before;
  for await (const piece of body.pieces()) {
    await writeAll(file, piece, size);
    crc64.update(piece);
    crc = crc32(piece, crc);
    size += piece.length;
  }
  await file.datasync();
  return { size, crc64: String(crc64.digest()), crc32: crc };
}
