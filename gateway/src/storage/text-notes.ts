import type { Database } from '../common/level.ts';
import { sealedText } from '../common/sealed.ts';

/** A few texts by key, in a sublevel of its own, for parts that remember little. */
export class TextNotes {
  readonly #level;

  /** `name`: of the sublevel, whose keys begin with `!name!`. */
  constructor(db: Database, name: string) {
    this.#level = db.sublevel<string, string>(name, { valueEncoding: sealedText });
  }

  /** undefined where there is none, or it cannot be read. */
  async get(key: string): Promise<string | undefined> {
    return await this.#level.get(key).catch(() => undefined);
  }

  /** All of them; what cannot be read ends it. */
  async *all(): AsyncIterable<readonly [key: string, text: string]> {
    try {
      yield* this.#level.iterator();
    } catch {
      // Whoever asks begins anew with what was read.
    }
  }

  async remove(key: string): Promise<void> {
    await this.#level.del(key);
  }

  async put(key: string, text: string): Promise<void> {
    await this.#level.put(key, text);
  }
}
