import { mkdir, readdir, readFile, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../common/log.ts';
import { isMissing } from '../content/faults.ts';
import type { Appendables } from './appendables.ts';
import { type Layout, partsOf } from './layout.ts';
import type { FileEntry, ObjectIndex } from './object-index.ts';
import { readSidecar, type Sidecar } from './sidecar.ts';

export interface ReconcileOptions {
  layout: Layout;
  index: ObjectIndex;
  appendables: Appendables;
  log: Log;
  /** Content that is arriving from the spool, by id: it is not left over, although no sidecar refers to it yet. */
  isExpected: (id: string) => boolean;
}

/** The totals of a store. */
export interface Totals {
  objects: number;
  bytes: number;
}

/** The files of one object. */
interface Files {
  hasSidecar: boolean;
  ids: string[];
  /** The ids of contents that have a mark. */
  marks: string[];
}

/**
 * Makes the index agree with the sidecars on disk, and removes leftovers of a crash: content without a sidecar, and incomplete files.
 * Sidecars are read only if file names and index disagree, or something may have been appended since the index was written, so that
 * thousands of objects cost little.
 */
export async function reconcile(options: ReconcileOptions): Promise<Totals> {
  const { layout, index } = options;
  await rm(layout.incoming, { recursive: true, force: true });
  await mkdir(layout.incoming, { recursive: true, mode: 0o700 });
  const folders = (await readdir(layout.folder)).filter((name) => /^[0-9a-f]{2}$/.test(name));
  const totals: Totals = { objects: 0, bytes: 0 };
  const earlier: string[] = [];
  for (const digits of new Set([...folders, ...(await index.shards())])) {
    await reconcileShard(options, digits, totals, earlier);
  }
  if (earlier.length > 0) {
    options.log.info({ objects: earlier.length }, 'objects of an earlier version are put in the order of time');
    await index.placeEarlier(earlier);
  }
  return totals;
}

/** `earlier` gets the keys of objects without a position. */
async function reconcileShard(
  options: ReconcileOptions,
  digits: string,
  totals: Totals,
  earlier: string[],
): Promise<void> {
  const { layout, index, appendables, log, isExpected } = options;
  const known = await index.shard(digits);
  for (const [hash, { hasSidecar, ids, marks }] of await filesIn(layout.shard(digits))) {
    const entry = known.get(hash);
    const isClear = ids.length === 1 && marks.length === 0;
    if (hasSidecar && entry !== undefined && isClear && ids[0] === entry.id) {
      known.delete(hash);
      count(totals, entry);
      if (entry.place === undefined) earlier.push(entry.key);
      continue;
    }
    const sidecar = hasSidecar ? await tryRead(layout.sidecar(hash), appendables, log) : undefined;
    // An unreadable file may still be of use to a person.
    if (hasSidecar && sidecar === undefined) continue;
    for (const id of ids) if (id !== sidecar?.id && !isExpected(id)) await unlink(layout.content(hash, id));
    for (const id of marks) if (id !== sidecar?.id) await unlink(layout.mark(hash, id));
    if (sidecar === undefined) continue;
    if (ids.includes(sidecar.id)) {
      known.delete(hash);
      if (!isSame(entry, sidecar)) await index.put(hash, sidecar);
      count(totals, sidecar);
      if (sidecar.place === undefined) earlier.push(sidecar.key);
    } else {
      log.error(
        { code: 'OBJECTS_DAMAGED', key: sidecar.key },
        'the content of an object is gone; the object is given up',
      );
      await unlink(layout.sidecar(hash));
    }
  }
  for (const { hash, key } of known.values()) await index.remove(hash, key);
}

/** Whether an entry of the index is of the object as it is now. */
function isSame(entry: FileEntry | undefined, { id, size, place }: Sidecar): boolean {
  return entry?.id === id && entry.size === size && entry.place === place;
}

function count(totals: Totals, { size }: Pick<FileEntry, 'size'>): void {
  totals.objects++;
  totals.bytes += size;
}

async function filesIn(folder: string): Promise<Map<string, Files>> {
  const found = new Map<string, Files>();
  for (const name of await readdir(folder).catch(noFolder)) {
    const parts = partsOf(name);
    if (!parts) {
      // A sidecar that was being replaced.
      if (name.endsWith('.json.new')) await unlink(join(folder, name));
      continue;
    }
    const files = found.get(parts.hash) ?? { hasSidecar: false, ids: [], marks: [] };
    if (parts.isMark) files.marks.push(parts.id);
    else if (parts.id === 'json') files.hasSidecar = true;
    else files.ids.push(parts.id);
    found.set(parts.hash, files);
  }
  return found;
}

function noFolder(error: unknown): string[] {
  if (isMissing(error)) return [];
  throw error;
}

async function tryRead(path: string, appendables: Appendables, log: Log): Promise<Sidecar | undefined> {
  try {
    return await appendables.now(readSidecar(await readFile(path, 'utf8')));
  } catch (error) {
    log.error(
      { code: 'OBJECTS_DAMAGED', path, reason: String(error) },
      'what is known of an object cannot be read; it is left as it is',
    );
    return undefined;
  }
}
