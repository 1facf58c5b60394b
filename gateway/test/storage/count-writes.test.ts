import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { Level } from 'level';
import { afterEach, expect, it } from 'vitest';
import { MetricsRegistry } from '../../src/observability/metrics.ts';
import { countWrites } from '../../src/storage/count-writes.ts';

let db: Level<string, string> | undefined;
afterEach(() => db?.close());

it('counts each write to the database and its bytes, those of sublevels too', async () => {
  const registry = new MetricsRegistry();
  db = new Level(await temporaryFolder());
  await db.open();
  countWrites(db, registry);
  await db.put('key', 'välue');
  expect(registry.value('crosscomm_database_writes_total')).toBe(1);
  expect(registry.value('crosscomm_database_written_bytes_total')).toBe(3 + 6);
  await db.batch([
    { type: 'put', key: 'a', value: 'b' },
    { type: 'del', key: 'key' },
  ]);
  await db.sublevel<string, Uint8Array>('s', { valueEncoding: 'view' }).put('k', new Uint8Array(100));
  await db.del('a');
  expect(registry.value('crosscomm_database_writes_total')).toBe(4);
  expect(registry.value('crosscomm_database_written_bytes_total')).toBe(9 + 2 + 3 + '!s!k'.length + 100 + 1);
  expect(await db.get('a')).toBeUndefined();
  await db.batch().put('c', 'd').del('e').write();
  expect(registry.value('crosscomm_database_writes_total')).toBe(5);
  expect(registry.value('crosscomm_database_written_bytes_total')).toBe(9 + 2 + 3 + '!s!k'.length + 100 + 1 + 3);
});
