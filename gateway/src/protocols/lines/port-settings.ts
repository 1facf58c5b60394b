import type { Database } from '../../common/level.ts';

/** Where what was set is in the gateway's database, by board. */
const PREFIX = 'serial:port:';
/** Sorts behind every key with the prefix. */
const BEHIND = 'serial:port;';
/** More boards than anybody has on a desk. */
const MAX_BOARDS = 1000;

/** What somebody has set for a board while the gateway ran; what is left out is as the configuration says. */
export interface PortSetting {
  /** The client id with which it joins. */
  name?: string | undefined;
  /** Bits per second. */
  baudRate?: number | undefined;
}

/** What was set for boards at serial ports by the API. It is kept over restarts, and goes with the board to another port. */
export class PortSettings {
  readonly #database: Database;
  readonly #settings: Map<string, PortSetting>;

  private constructor(database: Database, settings: Map<string, PortSetting>) {
    this.#database = database;
    this.#settings = settings;
  }

  /** Reads what was set before. */
  static async load(database: Database): Promise<PortSettings> {
    const settings = new Map<string, PortSetting>();
    for await (const [key, value] of database.iterator({ gte: PREFIX, lt: BEHIND })) {
      const setting = read(value);
      if (setting !== undefined) settings.set(key.slice(PREFIX.length), setting);
    }
    return new PortSettings(database, settings);
  }

  /** `board`: its id as `stableId` makes it. */
  get(board: string): PortSetting | undefined {
    return this.#settings.get(board);
  }

  /** The board that was given this name; undefined if none was. */
  boardNamed(name: string): string | undefined {
    for (const [board, setting] of this.#settings) if (setting.name === name) return board;
    return undefined;
  }

  /** Sets something for a board; it is on disk when this resolves. Resolves to false where there is no room for another board. */
  async set(board: string, setting: PortSetting): Promise<boolean> {
    if (setting.name === undefined && setting.baudRate === undefined) {
      await this.#database.del(PREFIX + board, { sync: true });
      this.#settings.delete(board);
      return true;
    }
    if (!this.#settings.has(board) && this.#settings.size >= MAX_BOARDS) return false;
    await this.#database.put(PREFIX + board, JSON.stringify(setting), { sync: true });
    this.#settings.set(board, setting);
    return true;
  }
}

/** undefined for what is none, which is as if nothing had been set. */
function read(text: string): PortSetting | undefined {
  try {
    const { name, baudRate } = JSON.parse(text) as Record<string, unknown>;
    return {
      name: typeof name === 'string' ? name : undefined,
      baudRate: typeof baudRate === 'number' ? baudRate : undefined,
    };
  } catch {
    return undefined;
  }
}
