import { readFile, unlink } from 'node:fs/promises';
import { replaceFile, syncFolder } from '../../storage/atomic-file.ts';
import { isMissing, toObjectError } from '../content/faults.ts';
import { ObjectError } from '../contract.ts';
import type { Layout } from './layout.ts';
import { readSidecar, type Sidecar, writeSidecar } from './sidecar.ts';

/** How many are kept in memory: clients ask for an object just before and after they write it, and read what was written last. */
const MAX_KNOWN = 500;

/** The sidecars on disk, by the digests of their keys. Changes of one come one after another; reading may be at the same time. */
export class Sidecars {
  readonly #layout: Layout;
  readonly #known = new Map<string, Sidecar>();
  /** How often anything was changed: what was read meanwhile may be outdated. */
  #changes = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Undefined if there is none. Throws ObjectError `corrupt` for one that cannot be read, and `unavailable`. */
  async read(hash: string): Promise<Sidecar | undefined> {
    const known = this.#known.get(hash);
    if (known) return known;
    const changes = this.#changes;
    let text: string;
    try {
      text = await readFile(this.#layout.sidecar(hash), 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toObjectError(error);
    }
    const sidecar = parse(text);
    if (changes === this.#changes) this.#remember(hash, sidecar);
    return sidecar;
  }

  /**
   * Writes one in place of an older one; on disk when the promise resolves. Throws the system's error.
   *
   * @param content resolves when what it speaks of is on disk; it does not count before
   */
  async write(hash: string, sidecar: Sidecar, content?: Promise<void>): Promise<void> {
    this.#forget(hash);
    await replaceFile(this.#layout.sidecar(hash), writeSidecar(sidecar), content);
    this.#changes++;
    this.#remember(hash, sidecar);
  }

  /** Throws the system's error. */
  async remove(hash: string): Promise<void> {
    this.#forget(hash);
    await unlink(this.#layout.sidecar(hash));
    this.#forget(hash);
    await syncFolder(this.#layout.shard(hash));
  }

  #forget(hash: string): void {
    this.#changes++;
    this.#known.delete(hash);
  }

  #remember(hash: string, sidecar: Sidecar): void {
    this.#known.set(hash, sidecar);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}

function parse(text: string): Sidecar {
  try {
    return readSidecar(text);
  } catch (error) {
    throw new ObjectError('corrupt', 'What is known of an object cannot be read; the disk may be failing.', {
      cause: error,
    });
  }
}
