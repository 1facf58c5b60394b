import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptHeaders } from '../../objects/kept-headers.ts';
import { replaceFile, syncFolder } from '../../storage/atomic-file.ts';

/** What an upload will become. */
export interface UploadDescription {
  key: string;
  contentType: string;
  headers?: KeptHeaders | undefined;
  metadata: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  initiatedMs: number;
  /** The same by `Clock.monotonicMs`; earlier versions did not write it. */
  beganMs?: number;
  /** Who began it: the id of the access key, and the address, or its network of IPv6. */
  accessKey?: string | undefined;
  /** The account of that key, and of the upload; undefined for a key without one. */
  account?: string | undefined;
  address?: string | undefined;
}

/** A part on disk. */
export interface Part {
  number: number;
  /** Bytes. */
  size: number;
  /** Hex. */
  md5: string;
  /** Milliseconds since 1970. */
  modifiedMs: number;
  /** Its file's name, of its own also where it replaces a part with the same content. */
  file: string;
}

/** An upload as it was found on disk. */
export interface FoundUpload extends UploadDescription {
  id: string;
  parts: Part[];
}

const ID = /^[0-9A-F]{32}$/;
const PART = /^(\d{5})\.([0-9a-f]{32})\.[0-9a-f]{16}$/;

/**
 * Where uploads in parts are until they are complete:
 *
 *     <folder>/<upload's id>/upload.json              what it will become
 *     <folder>/<upload's id>/00001.<its MD5>.<random>  a part
 *     <folder>/<upload's id>/incoming-<random>        a part that is still coming
 *
 * Methods throw the system's errors.
 */
export class MultipartFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What earlier runs left; parts that were coming then are gone. */
  async load(): Promise<FoundUpload[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const found: FoundUpload[] = [];
    for (const id of await readdir(this.#folder)) {
      if (!ID.test(id)) continue;
      const description = await this.#readDescription(id);
      // The gateway was killed while this upload was created or removed.
      if (!description) await this.remove(id);
      else found.push({ ...description, id, parts: await this.#loadParts(id) });
    }
    return found;
  }

  /** Creates the folder of an upload and returns its id. */
  async begin(description: UploadDescription): Promise<string> {
    const id = randomBytes(16).toString('hex').toUpperCase();
    await mkdir(join(this.#folder, id), { mode: 0o700 });
    await replaceFile(this.#description(id), JSON.stringify(description));
    return id;
  }

  /** A path for a part that is coming. */
  incoming(id: string): string {
    return join(this.#folder, id, `incoming-${randomBytes(8).toString('hex')}`);
  }

  /** Keeps what came at `path` as a part; it is on disk when the promise resolves. */
  async keep(id: string, path: string, part: Omit<Part, 'file'>): Promise<Part> {
    const file = `${String(part.number).padStart(5, '0')}.${part.md5}.${randomBytes(8).toString('hex')}`;
    await rename(path, join(this.#folder, id, file));
    await syncFolder(join(this.#folder, id));
    return { ...part, file };
  }

  part(id: string, { file }: Part): string {
    return join(this.#folder, id, file);
  }

  async removePart(id: string, part: Part): Promise<void> {
    await rm(this.part(id, part), { force: true });
  }

  /** Removes an upload with all its parts; its description first, so that a restart never finds half an upload. */
  async remove(id: string): Promise<void> {
    await rm(this.#description(id), { force: true });
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }

  #description(id: string): string {
    return join(this.#folder, id, 'upload.json');
  }

  async #readDescription(id: string): Promise<UploadDescription | undefined> {
    try {
      return JSON.parse(await readFile(this.#description(id), 'utf8')) as UploadDescription;
    } catch (error) {
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #loadParts(id: string): Promise<Part[]> {
    const parts = new Map<number, Part>();
    for (const name of await readdir(join(this.#folder, id))) {
      const path = join(this.#folder, id, name);
      const [, number, md5] = PART.exec(name) ?? [];
      if (number === undefined || md5 === undefined) {
        if (name.startsWith('incoming-')) await unlink(path);
        continue;
      }
      const { size, mtimeMs } = await stat(path);
      const part: Part = { number: Number(number), size, md5, modifiedMs: mtimeMs, file: name };
      const other = parts.get(part.number);
      // The gateway was killed after a part had arrived and before the one it replaced was removed.
      const [newer, older] = !other || other.modifiedMs <= part.modifiedMs ? [part, other] : [other, part];
      parts.set(newer.number, newer);
      if (older) await this.removePart(id, older);
    }
    return [...parts.values()].sort((one, other) => one.number - other.number);
  }
}
