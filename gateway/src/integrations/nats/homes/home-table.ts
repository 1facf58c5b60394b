import type { GroupCommit } from '../../../common/group-commit.ts';
import { sealedText } from '../../../common/sealed.ts';
import { type OutboxDb, valuesOf } from '../kept/disk.ts';

/** Where messages wait for a client that is away, by what the stream said last. */
export interface HomeEntry {
  readonly gateway: string;
  /** The account of the client; undefined: it is anonymous. */
  readonly account: string | undefined;
  /** When the gateway said so, by its clock; milliseconds since 1970. */
  readonly saidMs: number;
  /** The gateway that was it before, as long as what waits there has not come; where this gateway is the home. */
  readonly before?: string | undefined;
}

const BEGIN = 'cluster:home:';
/** How many are remembered; the one that was heard of first makes room. */
const MAX_HOMES = 100_000;

/** The home of each client that has one, in memory and on disk: in the write that has the place in the stream where it was said. */
export class HomeTable {
  readonly #writes: GroupCommit;
  readonly #homes = new Map<string, HomeEntry>();

  private constructor(writes: GroupCommit) {
    this.#writes = writes;
  }

  static async open(db: OutboxDb, writes: GroupCommit): Promise<HomeTable> {
    const table = new HomeTable(writes);
    for await (const [key, bytes] of valuesOf(db, { gt: BEGIN, lt: `${BEGIN}~` })) {
      table.#homes.set(key.slice(BEGIN.length), JSON.parse(bytes.toString()) as HomeEntry);
    }
    return table;
  }

  get(id: string): HomeEntry | undefined {
    return this.#homes.get(id);
  }

  entries(): Iterable<[string, HomeEntry]> {
    return this.#homes;
  }

  set(id: string, entry: HomeEntry): void {
    if (!this.#homes.delete(id) && this.#homes.size >= MAX_HOMES) {
      this.delete(this.#homes.keys().next().value as string);
    }
    this.#homes.set(id, entry);
    this.#writes.put(BEGIN + id, sealedText.encode(JSON.stringify(entry)));
  }

  delete(id: string): void {
    if (this.#homes.delete(id)) this.#writes.del(BEGIN + id);
  }
}
