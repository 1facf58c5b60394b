import { type Database, nativeOf } from '../common/level.ts';
import type { Metrics } from '../common/metrics.ts';

/** The size of a key or a value in bytes; undefined if it has none, as in a deletion. */
function sizeOf(part: unknown): number {
  if (typeof part === 'string') return Buffer.byteLength(part);
  return part instanceof Uint8Array ? part.length : 0;
}

/**
 * Counts all writes to a database, including those of its sublevels: how often something is written, and how many bytes of keys and values.
 * LevelDB writes them to its log at once, and about once more when it compacts.
 */
export function countWrites(db: Database, metrics: Metrics): void {
  const writes = metrics.counter({
    name: 'crosscomm_database_writes_total',
    help: 'Writes to the database, each of one change or of several together.',
  });
  const bytes = metrics.counter({
    name: 'crosscomm_database_written_bytes_total',
    help: 'Bytes of the keys and values that were written to the database.',
    unit: 'bytes',
  });
  const hooks = nativeOf(db);
  const { _put: put, _del: del, _batch: batch } = hooks;
  hooks._put = (...args) => {
    writes.value++;
    bytes.value += sizeOf(args[0]) + sizeOf(args[1]);
    return put.apply(db, args);
  };
  hooks._del = (...args) => {
    writes.value++;
    bytes.value += sizeOf(args[0]);
    return del.apply(db, args);
  };
  hooks._batch = (...args) => {
    writes.value++;
    for (const { key, value } of args[0] as { key: unknown; value?: unknown }[])
      bytes.value += sizeOf(key) + sizeOf(value);
    return batch.apply(db, args);
  };
}
