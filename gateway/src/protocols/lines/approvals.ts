import type { Database } from '../../common/level.ts';

/** Where the approved boards are in the gateway's database. */
const PREFIX = 'serial:approved:';
/** Sorts behind every key with the prefix. */
const BEHIND = 'serial:approved;';

/** Which boards may join that are plugged in, where `serial.approve` asks for it. It is kept over restarts. */
export class Approvals {
  readonly #database: Database;
  readonly #boards: Set<string>;

  private constructor(database: Database, boards: Iterable<string>) {
    this.#database = database;
    this.#boards = new Set(boards);
  }

  /** Reads which boards were approved before. */
  static async load(database: Database): Promise<Approvals> {
    const keys = await database.keys({ gte: PREFIX, lt: BEHIND }).all();
    return new Approvals(
      database,
      keys.map((key) => key.slice(PREFIX.length)),
    );
  }

  /** `board`: its id as `stableId` makes it, which is the same at another port and after a restart. */
  has(board: string): boolean {
    return this.#boards.has(board);
  }

  /** Approves a board; it is on disk when this resolves. */
  async add(board: string): Promise<void> {
    await this.#database.put(PREFIX + board, '', { sync: true });
    this.#boards.add(board);
  }
}
