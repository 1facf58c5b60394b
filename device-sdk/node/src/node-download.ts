import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CrossCommError } from './error.ts';
import { downloadTo, errorOf, persistently, SILENT_MS, type Sink } from './http-download.ts';
import { type HttpPlace, headersFor } from './http-place.ts';
import { pathOfKey } from './key-path.ts';
import { randomHex } from './system.ts';

interface Page {
  objects: { key: string }[];
  next?: string;
}

/**
 * Downloads an object of a gateway, or a folder where the key ends with `/`, to its key below the directory, as
 * pywayne does. Resolves to the path.
 */
export async function download(place: HttpPlace, key: string, directory: string): Promise<string> {
  if (!key.endsWith('/')) return downloadFile(place, key, directory);
  const folder = join(directory, ...pathOfKey(key.slice(0, -1)));
  let after: string | undefined;
  let count = 0;
  do {
    const query = new URLSearchParams({ prefix: key, ...(after === undefined ? {} : { after }) });
    const page = await persistently(() => list(place, query));
    for (const object of page.objects) {
      if (!object.key.startsWith(key)) throw new CrossCommError('malformed', `${key} lists what is not in it.`);
      await downloadFile(place, object.key, directory);
      count++;
    }
    after = page.next;
  } while (after !== undefined);
  if (count === 0) throw new CrossCommError('no_file', `There is nothing in the folder ${key}.`);
  return folder;
}

async function list(place: HttpPlace, query: URLSearchParams): Promise<Page> {
  const url = `${place.address}/objects?${query}`;
  const response = await place.fetch(url, { headers: headersFor(place), signal: AbortSignal.timeout(SILENT_MS) });
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as Page;
}

/** The file has its name only when all of it is there. */
async function downloadFile(place: HttpPlace, key: string, directory: string): Promise<string> {
  const path = join(directory, ...pathOfKey(key));
  await mkdir(dirname(path), { recursive: true });
  const unfinished = join(dirname(path), `.${randomHex(8)}.part`);
  const handle = await open(unfinished, 'wx');
  try {
    await downloadTo(sinkOf(handle), place, key);
    await handle.close();
    await rename(unfinished, path);
    return path;
  } catch (error) {
    await handle.close();
    await rm(unfinished, { force: true });
    throw error;
  }
}

function sinkOf(handle: FileHandle): Sink {
  let size = 0;
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, size).catch((cause) => {
          throw new CrossCommError('storage_full', `The download cannot be written: ${cause.message}.`, { cause });
        });
        done += bytesWritten;
        size += bytesWritten;
      }
    },
    async clear() {
      await handle.truncate(0);
      size = 0;
    },
  };
}
