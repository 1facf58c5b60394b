import { readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../common/errors.ts';
import { type Database, nativeOf } from '../common/level.ts';

const WRITES = ['_put', '_del', '_batch', '_clear'] as const;
/** What LevelDB keeps in memory at most, and writes to a file of its own when it begins a new log; twice. */
const NEEDED = Buffer.alloc(8 * 1024 * 1024);

/**
 * Makes a database that a full disk has kept from writing fit to be written again. LevelDB goes on behind a record of which it
 * could write only a part, and finds nothing of all that after a restart: after a write that failed a new log is begun, as soon
 * as there is room, and until then nothing is written. Writes come one after another, so that none follows a torn one.
 *
 * @param location the folder of the database
 */
export function guardLog(db: Database, location: string): void {
  const hooks = nativeOf(db);
  let last: Promise<unknown> = Promise.resolve();
  let isTorn = false;
  for (const name of WRITES) {
    const write = hooks[name].bind(db);
    hooks[name] = (...args) => {
      const written = last.then(async () => {
        if (db.status !== 'open') throw new Error('The database is closed.');
        if (isTorn) await beginLog(db, location);
        isTorn = true;
        await write(...args);
        isTorn = false;
      });
      last = written.catch(() => {});
      return written;
    };
  }
}

/** Begins a new log; what the old one had is in a table then. */
async function beginLog(db: Database, location: string): Promise<void> {
  await checkRoom(location);
  const before = await logsIn(location);
  // Nothing has this key: all that this does is to write down what is in memory.
  await nativeOf(db).compactRange('\0', '\0');
  const after = await logsIn(location);
  if (!before.some((name) => after.includes(name))) return;
  throw new GatewayError('DATA_DIR_UNUSABLE', `The database ${location} cannot be written: start the gateway again`);
}

/** LevelDB that runs out of room while it begins a log is of no use until it is opened again. */
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
