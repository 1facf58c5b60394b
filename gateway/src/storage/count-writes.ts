import { type Database, nativeOf } from '../common/level.ts';
import type { Metrics } from '../common/metrics.ts';

/** How many bytes a key or a value has; undefined of what has none, as of a deletion. */
function sizeOf(part: unknown): number {
  if (typeof part === 'string') return Buffer.byteLength(part);
  return part instanceof Uint8Array ? part.length : 0;
}

/**
 * Counts what is written to a database by whatever part of the gateway, its sublevels included: each time that it goes to the disk,
 * and the bytes of keys and values. LevelDB writes them once at once, and about once more when it sorts them.
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
