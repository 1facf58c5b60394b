import type { GroupCommit } from '../../../common/group-commit.ts';
import { DAMAGED_BYTES, sealedText, unseal } from '../../../common/sealed.ts';
import type { OutboxDb } from '../kept/disk.ts';
import type { Change } from './rule.ts';

/** Up to where a bucket was read. */
export interface Place {
  /** Which bucket it is. */
  readonly created: string;
  readonly sequence: number;
  /** When that was, by the servers' clock. */
  readonly heardMs: number;
  /** The topic filters of what was shared then. */
  readonly share: readonly string[];
  /** Not all of it is here, as there was no room. */
  readonly isIncomplete: boolean;
}

const READ = 500;

/** What this gateway has set and is not in a bucket yet, and up to where it has read that, on disk. */
export class Changes {
  readonly #writes: GroupCommit;
  readonly #begin: string;
  readonly #changes = new Map<string, Change>();
  #place: Place | undefined;

  private constructor(writes: GroupCommit, begin: string) {
    this.#writes = writes;
    this.#begin = begin;
  }

  /** `name`: of what the bucket is for, such as `retained`. */
  static async open(db: OutboxDb, writes: GroupCommit, name: string): Promise<Changes> {
    const begin = `cluster:keys:${name}:`;
    const changes = new Changes(writes, begin);
    const reader = db.iterator({ gt: begin, lt: `${begin}~`, valueEncoding: 'buffer' });
    try {
      for (;;) {
        const found = await reader.nextv(READ);
        if (found.length === 0) return changes;
        for (const [key, value] of found) changes.#load(key.slice(begin.length), unseal(value));
      }
    } finally {
      await reader.close();
    }
  }

  get size(): number {
    return this.#changes.size;
  }

  /** When the oldest was set; undefined where there is none. */
  get oldestMs(): number | undefined {
    for (const { setMs } of this.#changes.values()) return setMs;
    return undefined;
  }

  get place(): Place | undefined {
    return this.#place;
  }

  get(key: string): Change | undefined {
    return this.#changes.get(key);
  }

  entries(): Iterable<[string, Change]> {
    return this.#changes;
  }

  /** Notes a change, in the write of this turn. */
  set(key: string, change: Change): void {
    this.#changes.delete(key);
    this.#changes.set(key, change);
    this.#put(`c:${key}`, change);
  }

  delete(key: string): void {
    if (this.#changes.delete(key)) this.#writes.del(`${this.#begin}c:${key}`);
  }

  moveTo(place: Place): void {
    this.#place = place;
    this.#put('place', place);
  }

  #put(key: string, value: Change | Place): void {
    this.#writes.put(this.#begin + key, sealedText.encode(JSON.stringify(value)));
  }

  /** What is damaged is as if it had never been: it is compared with the bucket again. */
  #load(key: string, bytes: Buffer): void {
    if (bytes === DAMAGED_BYTES) return;
    const value: unknown = JSON.parse(bytes.toString());
    if (key === 'place') this.#place = value as Place;
    else if (key.startsWith('c:')) this.#changes.set(key.slice(2), value as Change);
  }
}
