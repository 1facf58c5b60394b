import { access, constants, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { GatewayError } from '../common/errors.ts';
import { type Database, repair } from '../common/level.ts';
import type { Log } from '../common/log.ts';
import { findLogDamage, keepDamaged, keptNames, type LogDamage } from './damaged-logs.ts';
import { findTableDamage, restoreEnd, type TableDamage } from './damaged-tables.ts';
import { isOpenElsewhere } from './database-lock.ts';
import { DiskReserve } from './disk-reserve.ts';
import { guardLog } from './torn-log.ts';

/**
 * Opens the database `state` in `dataDir`, and creates both if they are missing, for this user alone. A damaged database is repaired; if
 * that fails, it is moved aside, so that a power cut never keeps the gateway from starting. If one of its logs is damaged, everything in it
 * that can be read is written again; `damaged` is called with a sentence about what is lost.
 * Throws GatewayError DATA_DIR_LOCKED if another gateway has it open, DATA_DIR_UNUSABLE if it cannot be used.
 */
export async function openDatabase(
  dataDir: string,
  log: Log,
  damaged: (sentence: string) => void = (sentence) => log.error({ code: 'DATA_DAMAGED', dataDir }, sentence),
): Promise<Database> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(dataDir, error);
  }
  const location = join(dataDir, 'state');
  const reserve = new DiskReserve(dataDir, log);
  const damage = await findLogDamage(location).catch((error: unknown) => {
    log.warn({ err: error, location }, 'the logs of the database could not be looked through for damage');
    return undefined;
  });
  for (const sentence of damage?.sentences ?? []) damaged(sentence);
  try {
    await mendTables(dataDir, location, damaged, log);
    const db = await openWithRoom(location, reserve);
    if (damage) await putBack(db, dataDir, damage, log);
    return db;
  } catch (error) {
    if (codeOf(error) === 'LEVEL_LOCKED') throw locked(dataDir, error);
    if (!isDamage(error)) throw unusable(dataDir, error);
    log.warn({ location, reason: reasonOf(error) }, 'the database is damaged and is being repaired');
  }
  try {
    await repair(location);
    const db = await open(location);
    if (damage) await putBack(db, dataDir, damage, log);
    return db;
  } catch (error) {
    return beginAnew(dataDir, location, error, log);
  }
}

/** Reports damaged tables and keeps copies. Tables of which nothing can be read are left out, so that all others can be. */
async function mendTables(
  dataDir: string,
  location: string,
  damaged: (sentence: string) => void,
  log: Log,
): Promise<void> {
  let damage: TableDamage | undefined;
  try {
    damage = await findTableDamage(location, await keptNames(dataDir));
    // A gateway that is still running writes to its tables' folder. Opening the database will fail and say so.
    if (damage && (await isOpenElsewhere(location))) return;
    if (damage) {
      await keepDamaged(dataDir, damage.files);
      for (const path of damage.withoutEnd) await restoreEnd(path);
      // The repair ends the process if it copies keys that are out of order, so it is only given sound tables.
      for (const { path, sound } of damage.unreadable)
        await (sound ? writeFile(path, sound, { flush: true }) : rm(path));
      if (damage.unreadable.length > 0) await repair(location);
    }
  } catch (error) {
    log.warn(
      { err: error, location },
      'the tables of the database could not be looked through for damage, or not mended',
    );
  }
  for (const sentence of damage?.sentences ?? []) damaged(sentence);
}

/** Puts back what LevelDB dropped although it can be read. It is the last known value of each key, so it replaces nothing newer. */
async function putBack(db: Database, dataDir: string, { changes, files }: LogDamage, log: Log): Promise<void> {
  try {
    await db.batch<Buffer, Buffer>(changes, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
    await keepDamaged(dataDir, files);
  } catch (error) {
    log.error(
      { code: 'DATA_DAMAGED', err: error, dataDir },
      'what could be read of a damaged log could not be written to the database',
    );
  }
}

/** If the disk is full, the reserve makes room; the part that is not needed is taken again. */
async function openWithRoom(location: string, reserve: DiskReserve): Promise<Database> {
  const db = await open(location).catch(async (error: unknown) => {
    if (!isFull(error) || !(await reserve.release())) throw error;
    return await open(location);
  });
  await reserve.take();
  return db;
}

function isFull(error: unknown): boolean {
  return codeOf(error) === 'ENOSPC' || /no space left/i.test(reasonOf(error));
}

async function beginAnew(dataDir: string, location: string, reason: unknown, log: Log): Promise<Database> {
  const movedTo = `${location}.broken-${new Date().toISOString().replaceAll(':', '')}`;
  try {
    await rename(location, movedTo);
    const db = await open(location);
    log.error(
      { code: 'DATA_DAMAGED', movedTo, reason: reasonOf(reason) },
      'the database could not be repaired; it was moved aside and an empty one begun, so retained and waiting messages are lost',
    );
    return db;
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

async function open(location: string): Promise<Database> {
  const db: Database = new Level(location);
  try {
    await db.open();
    guardLog(db, location);
    return db;
  } catch (error) {
    await db.close().catch(() => {});
    throw error;
  }
}

/** True for damage that a power cut leaves: wrong contents, or a file that another file names but that does not exist. */
function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'LEVEL_CORRUPTION' || (code === 'LEVEL_IO_ERROR' && /no such file/i.test(reasonOf(error)));
}

/** The system's or LevelDB's own error code; `level` wraps the error in another one. */
function codeOf(error: unknown): string | undefined {
  return causeOf(error).code;
}

function reasonOf(error: unknown): string {
  const { message } = causeOf(error);
  return message ?? String(error);
}

function causeOf(error: unknown): { code?: string; message?: string } {
  return error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error);
}

function locked(dataDir: string, cause: unknown): GatewayError {
  return new GatewayError(
    'DATA_DIR_LOCKED',
    `Another gateway uses the data directory ${dataDir}: stop it, or give this one another --data-dir.`,
    { cause },
  );
}

function unusable(dataDir: string, cause: unknown): GatewayError {
  return new GatewayError(
    'DATA_DIR_UNUSABLE',
    `The data directory ${dataDir} cannot be used (${reasonOf(cause)}): make it writable, or choose another with --data-dir.`,
    { cause },
  );
}
