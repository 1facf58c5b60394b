import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BACKED_UP_FILES, BACKED_UP_FOLDERS, isUnfinished, OBJECTS, SPOOL } from './contents.ts';
import { closeFile, type OpenedFile, openFile } from './opened-file.ts';

const MAX_TRIES = 20;

/** Opens all files beside the database and the objects, as they are now: each is replaced as a whole, or only grows. */
export function openDataFiles(dataDir: string): OpenedFile[] {
  const files: OpenedFile[] = [];
  try {
    for (const name of BACKED_UP_FILES) add(files, openFile(join(dataDir, name), name));
    for (const name of BACKED_UP_FOLDERS) openFolder(dataDir, name, files);
    for (const name of [SPOOL, `${SPOOL}/failed`]) openUploads(dataDir, name, files);
    return files;
  } catch (error) {
    for (const file of files) closeFile(file);
    throw error;
  }
}

function openFolder(dataDir: string, folder: string, files: OpenedFile[]): void {
  for (const entry of entriesOf(join(dataDir, folder))) {
    const name = `${folder}/${entry.name}`;
    if (isUnfinished(entry.name)) continue;
    if (entry.isDirectory()) openFolder(dataDir, name, files);
    else if (entry.isFile()) add(files, openFile(join(dataDir, name), name));
  }
}

/** Opens uploads, each record together with the content that it speaks of. */
function openUploads(dataDir: string, folder: string, files: OpenedFile[]): void {
  for (const { name } of entriesOf(join(dataDir, folder))) {
    if (!name.endsWith('.json')) continue;
    const record = `${folder}/${name}`;
    const data = `${folder}/${name.slice(0, -'.json'.length)}.data`;
    for (let tries = 1; ; tries++) {
      const before = fileNumber(join(dataDir, record));
      // The record first: once it says that the content is complete, it is.
      const opened = [record, data, `${data}.checkpoint`].map((each) => openFile(join(dataDir, each), each));
      if (fileNumber(join(dataDir, record)) === before || tries === MAX_TRIES) {
        // Content without a record belongs to no upload.
        for (const file of opened) if (opened[0] && before !== undefined) add(files, file);
        break;
      }
      for (const file of opened) if (file) closeFile(file);
    }
  }
}

/**
 * Opens the objects one after another while the gateway goes on: each description with the content that it speaks of. Where one is
 * replaced or removed meanwhile, it is there as before or as after.
 */
export function* openObjects(dataDir: string): Generator<OpenedFile[]> {
  const shards = entriesOf(join(dataDir, OBJECTS)).filter(
    (entry) => entry.isDirectory() && /^[0-9a-f]{2}$/.test(entry.name),
  );
  for (const shard of shards) {
    const folder = `${OBJECTS}/${shard.name}`;
    for (const { name } of entriesOf(join(dataDir, folder))) {
      if (/^[0-9a-f]{64}\.json$/.test(name)) yield openObject(dataDir, `${folder}/${name}`);
    }
  }
}

/** A description and its content, of which that counts which the mark between them tells of, if there is one; the description alone where it cannot be read, as a person may still find out what it was. */
function openObject(dataDir: string, description: string): OpenedFile[] {
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const opened = openFile(join(dataDir, description), description);
    const id = opened && idIn(opened.content);
    if (!opened || id === undefined) return opened ? [opened] : [];
    const name = `${description.slice(0, -'json'.length)}${id}`;
    // Read before the content, which only grows: whatever the mark says is there.
    const mark = readWhole(join(dataDir, `${name}-mark`), `${name}-mark`);
    const content = openFile(join(dataDir, name), name);
    if (content) return [opened, ...(mark ? [mark] : []), content];
    closeFile(opened);
  }
  return [];
}

function readWhole(path: string, name: string): OpenedFile | undefined {
  try {
    const content = readFileSync(path);
    return { name, size: content.length, content };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Which content is the valid one. */
function idIn(description: Buffer | number): string | undefined {
  try {
    const text = typeof description === 'number' ? readFileSync(description, 'utf8') : description.toString();
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' && /^[0-9a-z-]+$/.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Tells a file from the one that replaces it; undefined where there is none. */
function fileNumber(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && `${found.ino} ${found.mtimeMs}`;
}

function add(files: OpenedFile[], file: OpenedFile | undefined): void {
  if (file) files.push(file);
}
