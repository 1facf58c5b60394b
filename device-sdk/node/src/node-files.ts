import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CrossCommError } from './error.ts';
import { pathOfKey } from './key-path.ts';
import { type LocalFile, noFile, openBlob } from './local-file.ts';
import { randomHex, systemClock } from './platform.ts';

/** A connection on which nothing comes for so long is given up. */
const SILENT_MS = 30_000;
/** How often it is tried again with nothing new in between. */
const MAX_TRIES = 8;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;

interface Page {
  objects: { key: string }[];
  next?: string;
}

/** Opens a path, or a Blob. */
export async function openFile(content: unknown): Promise<LocalFile> {
  const blob = openBlob(content);
  if (blob) return blob;
  if (typeof content !== 'string') throw noFile('A file is the path of one, or a Blob.');
  let handle: FileHandle | undefined;
  try {
    handle = await open(content);
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error('it is no file');
    return opened(handle, basename(content), stats.size);
  } catch (error) {
    await handle?.close();
    throw noFile(`${content} cannot be read: ${(error as Error).message}.`, error);
  }
}

function opened(handle: FileHandle, name: string, size: number): LocalFile {
  return {
    name,
    size,
    read: (offset, length) => readAt(handle, offset, length),
    close: () => handle.close(),
  };
}

/** Up to `length` bytes from the offset on; none at the end of the file. */
export async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

/**
 * Downloads an object of the gateway at `address`, or a folder where the key ends with `/`, to its key below the directory, as
 * pywayne does. Resolves to the path.
 */
export async function download(address: string, key: string, directory: string): Promise<string> {
  if (!key.endsWith('/')) return downloadFile(address, key, directory);
  const folder = join(directory, ...pathOfKey(key.slice(0, -1)));
  let after: string | undefined;
  let count = 0;
  do {
    const query = new URLSearchParams({ prefix: key, ...(after === undefined ? {} : { after }) });
    const page = await persistently(() => list(`${address}/objects?${query}`));
    for (const object of page.objects) {
      if (!object.key.startsWith(key)) throw new CrossCommError('malformed', `${key} lists what is not in it.`);
      await downloadFile(address, object.key, directory);
      count++;
    }
    after = page.next;
  } while (after !== undefined);
  if (count === 0) throw new CrossCommError('no_file', `There is nothing in the folder ${key}.`);
  return folder;
}

async function list(url: string): Promise<Page> {
  const response = await fetch(url, { signal: AbortSignal.timeout(SILENT_MS) });
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as Page;
}

/** The file has its name only when all of it is there. */
async function downloadFile(address: string, key: string, directory: string): Promise<string> {
  const path = join(directory, ...pathOfKey(key));
  const url = `${address}/objects/${key.split('/').map(encodeURIComponent).join('/')}`;
  await mkdir(dirname(path), { recursive: true });
  const unfinished = join(dirname(path), `.${randomHex(8)}.part`);
  const handle = await open(unfinished, 'wx');
  try {
    const part: Part = { handle, bytes: 0, etag: undefined };
    await persistently(
      () => pull(url, part),
      () => part.bytes,
    );
    await handle.close();
    await rename(unfinished, path);
    return path;
  } catch (error) {
    await handle.close();
    await rm(unfinished, { force: true });
    throw error;
  }
}

interface Part {
  handle: FileHandle;
  /** What has been written. */
  bytes: number;
  /** Of the object that these bytes are of. */
  etag: string | undefined;
}

/** Gets what is missing; throws where the connection ends before. */
async function pull(url: string, part: Part): Promise<void> {
  const controller = new AbortController();
  let cancel = (): void => {};
  const progress = (): void => {
    cancel();
    cancel = systemClock.after(SILENT_MS, () => controller.abort());
  };
  progress();
  try {
    const goesOn = part.bytes > 0 && part.etag !== undefined;
    const headers = goesOn ? { range: `bytes=${part.bytes}-`, 'if-range': part.etag as string } : undefined;
    const response = await fetch(url, { signal: controller.signal, ...(headers ? { headers } : {}) });
    if (!response.ok || response.body === null) throw await errorOf(response);
    if (response.status !== 206) {
      // All of it: nothing came before, or the object was replaced by another.
      await part.handle.truncate(0);
      part.bytes = 0;
    }
    part.etag = response.headers.get('etag') ?? undefined;
    const size = part.bytes + Number(response.headers.get('content-length'));
    for await (const bytes of response.body) {
      progress();
      await writeAll(part, bytes as Uint8Array);
    }
    if (part.bytes !== size) throw new Error(`${part.bytes} of ${size} bytes came`);
  } finally {
    cancel();
  }
}

async function writeAll(part: Part, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await part.handle.write(bytes, done, bytes.length - done, part.bytes).catch((cause) => {
      throw new CrossCommError('storage_full', `The download cannot be written: ${cause.message}.`, { cause });
    });
    done += bytesWritten;
    part.bytes += bytesWritten;
  }
}

/** Tries again what fails without the gateway's refusing it, as long as `progress` says something new now and then. */
async function persistently<T>(attempt: () => Promise<T>, progress: () => number = () => 0): Promise<T> {
  let tries = 0;
  let best = 0;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof CrossCommError) throw error;
      tries = progress() > best ? 1 : tries + 1;
      best = Math.max(best, progress());
      if (tries < MAX_TRIES) await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)));
      else throw new CrossCommError('unreachable', `The download broke off: ${reasonOf(error)}.`, { cause: error });
    }
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  return cause?.message || message || String(error);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(ms, resolve));
}

/** What the gateway answered in place of an object: a refusal, or trouble that may pass. */
async function errorOf(response: Response): Promise<Error> {
  const text = await response.text();
  let message = `it answered ${response.status}`;
  try {
    message = (JSON.parse(text) as { error: { message: string } }).error.message;
  } catch {
    // It is no gateway, and its status says enough.
  }
  if (response.status >= 500) return new Error(message);
  const code = response.status === 404 ? 'no_file' : response.status === 403 ? 'not_allowed' : 'malformed';
  return new CrossCommError(code, `The gateway does not give this out: ${message}`);
}
