import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Metrics } from '../common/metrics.ts';

/** Makes known what is on the disk of the data, and what the process writes to disks; NaN where the system does not say it. */
export function showDisk(metrics: Metrics, dataDir: string): void {
  const room = (which: 'bavail' | 'blocks'): number =>
    orUnknown(() => {
      const facts = statfsSync(dataDir);
      return facts[which] * facts.bsize;
    });
  const free = 'Room on the disk of the data folder that the gateway may use.';
  metrics.gauge({ name: 'crosscomm_disk_free_bytes', help: free, unit: 'bytes' }, () => room('bavail'));
  const size = 'Size of the disk of the data folder.';
  metrics.gauge({ name: 'crosscomm_disk_size_bytes', help: size, unit: 'bytes' }, () => room('blocks'));
  const database = 'Size of the database on the disk, without files and images.';
  const state = join(dataDir, 'state');
  metrics.gauge({ name: 'crosscomm_database_size_bytes', help: database, unit: 'bytes' }, () =>
    orUnknown(() => sizeOf(state)),
  );
  const written =
    'Bytes that the process has caused to be written to disks, as the kernel counts them: what wears out an SD card.';
  metrics.readCounter({ name: 'crosscomm_disk_written_bytes_total', help: written, unit: 'bytes' }, writtenBytes);
}

/** How many bytes this process has caused to be written to disks, since it began; NaN where the system does not say it. */
export function writtenBytes(): number {
  return orUnknown(() => Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]));
}

function sizeOf(folder: string): number {
  let bytes = 0;
  // LevelDB removes files at any time.
  for (const name of readdirSync(folder)) bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

function orUnknown(read: () => number): number {
  try {
    return read();
  } catch {
    return Number.NaN;
  }
}
