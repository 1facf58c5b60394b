import { fileNameOf } from '@crosscomm/protocol';
import { CrossCommError } from './error.ts';
import { type HttpPlace, headersFor } from './http-place.ts';
import { pathOfKey } from './key-path.ts';
import { systemClock } from './system.ts';

/** Where the bytes of an object go. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
  /** What was written is of no use: it comes again, from the beginning. */
  clear(): Promise<void>;
}

/** What has come of an object. */
interface Part {
  sink: Sink;
  bytes: number;
  /** Of the object that these bytes are of. */
  etag: string | undefined;
  contentType: string;
  disposition: string;
}

/** What the gateway says of an object that was downloaded. */
export interface Downloaded {
  contentType: string;
  /** What it can be saved as on every system. */
  fileName: string;
}

/** A connection on which nothing comes for so long is given up. */
export const SILENT_MS = 30_000;
/** How often it is tried again with nothing new in between. */
const MAX_TRIES = 8;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;

/**
 * Downloads an object of a gateway, across cut connections.
 *
 * @throws CrossCommError `name_invalid`, `no_file`, `not_allowed`, `unreachable`, ...; what the sink throws as a CrossCommError
 */
export async function downloadTo(sink: Sink, place: HttpPlace, key: string): Promise<Downloaded> {
  const url = `${place.address}/objects/${pathOfKey(key).map(encodeURIComponent).join('/')}`;
  const part: Part = { sink, bytes: 0, etag: undefined, contentType: '', disposition: '' };
  await persistently(
    () => pull(url, place, part),
    () => part.bytes,
  );
  return { contentType: part.contentType, fileName: fileNameOf(saidName(part.disposition), key) };
}

/** The name that a Content-Disposition says; undefined where there is none. */
function saidName(disposition: string): string | undefined {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  try {
    if (encoded !== undefined) return decodeURIComponent(encoded);
  } catch {
    // The plain name is there, too.
  }
  return /filename="([^"]*)"/i.exec(disposition)?.[1];
}

/** Gets what is missing; throws where the connection ends before. */
async function pull(url: string, place: HttpPlace, part: Part): Promise<void> {
  const controller = new AbortController();
  let cancel = (): void => {};
  const progress = (): void => {
    cancel();
    cancel = systemClock.after(SILENT_MS, () => controller.abort());
  };
  progress();
  try {
    const goesOn = part.bytes > 0 && part.etag !== undefined;
    const rest: Record<string, string> = goesOn
      ? { range: `bytes=${part.bytes}-`, 'if-range': part.etag as string }
      : {};
    const headers = { ...headersFor(place), ...rest };
    const response = await place.fetch(url, { signal: controller.signal, headers });
    if (!response.ok || response.body === null) throw await errorOf(response);
    if (response.status !== 206) {
      // All of it: nothing came before, or the object was replaced by another.
      await part.sink.clear();
      part.bytes = 0;
    }
    part.etag = response.headers.get('etag') ?? undefined;
    part.contentType = response.headers.get('content-type') ?? '';
    part.disposition = response.headers.get('content-disposition') ?? '';
    const size = part.bytes + Number(response.headers.get('content-length'));
    // Not every browser can iterate over a body.
    const reader = response.body.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      progress();
      await part.sink.write(read.value);
      part.bytes += read.value.length;
    }
    if (part.bytes !== size) throw new Error(`${part.bytes} of ${size} bytes came`);
  } finally {
    cancel();
    controller.abort();
  }
}

/** Tries again what fails without the gateway's refusing it, as long as `progress` says something new now and then. */
export async function persistently<T>(attempt: () => Promise<T>, progress: () => number = () => 0): Promise<T> {
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
export async function errorOf(response: Response): Promise<Error> {
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
