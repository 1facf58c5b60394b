import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));
/** The commands are programs of their own. */
const PROGRAMS = /^cli\//;
/** What is the clock; how fast a disk is, and since when the process runs; the age of a lock as its file has it; the name of what is set aside. */
const MAY_READ = [
  ...['common/clock.ts', 'common/timedatectl.ts'],
  ...['observability/machine/disk-speed.ts', 'observability/machine/disk-wear.ts'],
  'observability/prometheus/process-metrics.ts',
  ...['storage/accounts-lock.ts', 'storage/database.ts'],
];

it('is read by what was handed it: nothing else in the gateway asks the machine for the time', () => {
  const readers = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !PROGRAMS.test(name))
    .filter((name) => {
      const text = readFileSync(join(SOURCES, name), 'utf8');
      return /\bDate\.now\(|new Date\(\)|\bperformance\.now\(|\bprocess\.(hrtime|uptime)\b/.test(text);
    });
  expect(readers.sort()).toEqual(MAY_READ);
});
