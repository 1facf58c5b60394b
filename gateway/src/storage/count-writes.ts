import { type Database, nativeOf } from '../common/level.ts';
import type { Metrics } from '../common/metrics.ts';

/** The size of a key or a value in bytes; undefined if it has none, as in a deletion. */
function sizeOf(part: unknown): number {
  if (typeof part === 'string') return Buffer.byteLength(part);
  return part instanceof Uint8Array ? part.length : 0;
}

/** How it stands with writing to the database. */
export interface WriteState {
  /** Why the last write failed; undefined if it did not. */
  readonly fault: string | undefined;
}

/**
 * Counts all writes to a database, including those of its sublevels: how often something is written, how many bytes of keys and values, and
 * what fails. LevelDB writes them to its log at once, and about once more when it compacts.
 */
export function countWrites(db: Database, metrics: Metrics): WriteState {
  const writes = metrics.counter({
    name: 'crosscomm_database_writes_total',
    help: 'Writes to the database, each of one change or of several together.',
  });
  const bytes = metrics.counter({
    name: 'crosscomm_database_written_bytes_total',
    help: 'Bytes of the keys and values that were written to the database.',
    unit: 'bytes',
  });
  const failures = metrics.counter({
    name: 'crosscomm_database_write_failures_total',
    help: 'Writes to the database that failed, such as on a full disk.',
  });
  const state: { fault: string | undefined } = { fault: undefined };
  const works = (): void => {
    state.fault = undefined;
  };
  const fails = (error: unknown): void => {
    // What comes too late, when the gateway ends, says nothing of the disk.
    if (db.status !== 'open') return;
    failures.value++;
    state.fault = reasonOf(error);
  };
  const watched = (written: Promise<void>): Promise<void> => {
    written.then(works, fails);
    return written;
  };
  const hooks = nativeOf(db);
  const { _put: put, _del: del, _batch: batch } = hooks;
  hooks._put = (...args) => {
    writes.value++;
    bytes.value += sizeOf(args[0]) + sizeOf(args[1]);
    return watched(put.apply(db, args));
  };
  hooks._del = (...args) => {
    writes.value++;
    bytes.value += sizeOf(args[0]);
    return watched(del.apply(db, args));
  };
  hooks._batch = (...args) => {
    writes.value++;
    for (const { key, value } of args[0] as { key: unknown; value?: unknown }[])
      bytes.value += sizeOf(key) + sizeOf(value);
    return watched(batch.apply(db, args));
  };
  const begin = hooks._chainedBatch.bind(db);
  hooks._chainedBatch = () => {
    const chained = begin();
    const { _put: putOne, _del: delOne, _write: write } = chained;
    chained._put = (key, value) => {
      bytes.value += sizeOf(key) + value.length;
      putOne.call(chained, key, value);
    };
    chained._del = (key) => {
      bytes.value += sizeOf(key);
      delOne.call(chained, key);
    };
    chained._write = (options) => {
      writes.value++;
      return watched(write.call(chained, options));
    };
    return chained;
  };
  return state;
}

/** What LevelDB or the system says; level wraps the error in another one. */
function reasonOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown };
  return cause instanceof Error ? cause.message : String(cause);
}
