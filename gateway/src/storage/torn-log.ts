import { readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../common/errors.ts';
import { type Database, nativeOf } from '../common/level.ts';

const WRITES = ['_put', '_del', '_batch', '_clear'] as const;
/** The most that LevelDB keeps in memory, and writes to a table when it starts a new log; twice. */
const NEEDED = Buffer.alloc(8 * 1024 * 1024);

/** Has something done after all writes before it, and before all that come later. */
type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

const TURNS = new WeakMap<Database, InTurn>();

/** Has `work` done while nothing is written to the database, which waits until then. The database has a guarded log. */
export function betweenWrites<T>(db: Database, work: () => Promise<T>): Promise<T> {
  const inTurn = TURNS.get(db);
  if (inTurn === undefined) throw new TypeError('the log of this database is not guarded');
  return inTurn(work);
}

/**
 * Makes a database writable again after a full disk. If a write fails halfway, LevelDB continues behind the torn record, and after a
 * restart it reads nothing of what follows. So after a failed write a new log is started as soon as there is room, and nothing is written
 * until then. Writes run one after another, so that none follows a torn one.
 * @param location the folder of the database
 */
export function guardLog(db: Database, location: string): void {
  const hooks = nativeOf(db);
  let last: Promise<unknown> = Promise.resolve();
  let isTorn = false;
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  TURNS.set(db, inTurn);
  const guarded = (write: () => Promise<void>): Promise<void> =>
    inTurn(async () => {
      if (db.status !== 'open') throw new Error('The database is closed.');
      if (isTorn) await beginLog(db, location);
      isTorn = true;
      await write();
      isTorn = false;
    });
  for (const name of WRITES) {
    const write = hooks[name].bind(db);
    hooks[name] = (...args) => guarded(() => write(...args));
  }
  const begin = hooks._chainedBatch.bind(db);
  hooks._chainedBatch = () => {
    const batch = begin();
    const write = batch._write.bind(batch);
    batch._write = (options) => guarded(() => write(options));
    return batch;
  };
}

/** Starts a new log; the contents of the old one are then in a table. */
async function beginLog(db: Database, location: string): Promise<void> {
  await checkRoom(location);
  const before = await logsIn(location);
  // No record has this key: the write only makes LevelDB write down what it has in memory.
  await nativeOf(db).compactRange('\0', '\0');
  const after = await logsIn(location);
  if (!before.some((name) => after.includes(name))) return;
  throw new GatewayError('DATA_DIR_UNUSABLE', `The database ${location} cannot be written: start the gateway again`);
}

/** If LevelDB runs out of room while it starts a log, it must be opened again before it is of any use. */
async function checkRoom(location: string): Promise<void> {
  const path = join(location, 'room');
  try {
    await writeFile(path, NEEDED);
  } finally {
    await unlink(path).catch(() => {});
  }
}

async function logsIn(location: string): Promise<string[]> {
  return (await readdir(location)).filter((name) => name.endsWith('.log'));
}
