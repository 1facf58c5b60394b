import { Level } from 'level';

/** The gateway's state on disk. The MQTT broker keeps its own keys in it, and the hub a sublevel. */
export type Database = Level<string, string>;

type Write = (...args: unknown[]) => Promise<void>;

/** Changes that will be one write. They are not looked at one by one, and go to LevelDB as they come. */
export interface NativeBatch {
  _put(key: string, value: Uint8Array): void;
  _del(key: string): void;
  _write(options: object): Promise<void>;
  /** To be called when it is written, or could not be. */
  close(): Promise<void>;
}

/** What LevelDB has, and level's types leave out: because browsers have none of it, or as it is level's own inside. */
export interface NativeLevel {
  /** Where all writes of a database end, those of its sublevels as well. */
  _put: Write;
  _del: Write;
  _batch: Write;
  _clear: Write;
  _chainedBatch(): NativeBatch;
  /** Writes what is in memory to tables, and makes fewer of those between two keys. */
  compactRange(start: string, end: string): Promise<void>;
}

/** The same database, with what its types leave out. */
export function nativeOf(db: Database): NativeLevel {
  return db as unknown as NativeLevel;
}

/** LevelDB's own repair of a database that is closed. */
export const { repair } = Level as unknown as { repair(location: string): Promise<void> };
