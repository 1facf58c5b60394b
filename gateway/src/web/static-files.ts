import { type Stats, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { normalize, sep } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { openInside } from './inside-folder.ts';
import { RequestError } from './request-error.ts';
import { answerConditions, answerRange, describeVersion } from './versions.ts';

const INDEX = 'index.html';

/**
 * The files of one folder. Nothing leads out of it, no symbolic link either; a name that begins with a dot is not there. With each
 * file come an ETag and `Last-Modified`; browsers ask each time whether theirs is still the newest.
 */
export class StaticFiles {
  readonly #root: string;

  /** Throws where there is no such folder, an absolute path. */
  constructor(folder: string) {
    if (!statSync(folder).isDirectory()) throw new TypeError(`${folder} is no folder`);
    this.#root = folder;
  }

  /**
   * Answers a GET or HEAD of `path`, percent-encoded as in an address, `/` for `index.html`: with the file, a part of it, 304 or, for
   * a folder without a slash at its end, 301.
   *
   * @throws RequestError for what is not there or not to be given out
   */
  async answer(request: FastifyRequest, reply: FastifyReply, path: string): Promise<FastifyReply> {
    const names = namesIn(path);
    const isFolder = path.endsWith('/');
    const handle = await openInside(this.#root, isFolder ? [...names, INDEX] : names).catch(() => {
      throw new RequestError('INTERNAL', `${shown(path)} cannot be read; are its rights right?`);
    });
    if (handle === 'folder' && !isFolder) return reply.redirect(`/${names.map(encodeURIComponent).join('/')}/`, 301);
    if (handle === 'outside') {
      const why = 'is behind a link that leads out of the folder of pages, or nowhere.';
      throw new RequestError('PEER_NOT_ALLOWED', `${shown(path)} ${why}`);
    }
    if (typeof handle === 'string') throw notHere(path);
    let isStreamed = false;
    try {
      const stats = await handle.stat();
      const part = await describe(request, reply, stats, isFolder ? INDEX : (names.at(-1) ?? ''));
      if (part === undefined) return reply.send();
      isStreamed = true;
      return reply.send(handle.createReadStream(part));
    } finally {
      if (!isStreamed) await handle.close();
    }
  }
}

/** Writes the head of the answer. Returns which bytes follow, both ends inclusive; undefined for none. */
async function describe(
  request: FastifyRequest,
  reply: FastifyReply,
  { size, mtimeMs }: Stats,
  name: string,
): Promise<Parameters<FileHandle['createReadStream']>[0] | undefined> {
  const version = { etag: `${size.toString(16)}-${Math.round(mtimeMs * 1000).toString(16)}`, modifiedMs: mtimeMs };
  const isKnown = answerConditions(request, reply, version);
  const range = isKnown ? undefined : answerRange(request, reply, { ...version, size, what: 'file' });
  describeVersion(reply, version);
  reply.header('cache-control', 'no-cache');
  if (isKnown) {
    reply.code(304);
    return undefined;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  reply
    .type(await typeOf(name))
    .header('x-content-type-options', 'nosniff')
    .header('content-length', end - start + 1);
  return request.method === 'HEAD' || size === 0 ? undefined : { start, end };
}

async function typeOf(name: string): Promise<string> {
  // Not before somebody asks: it has a long list of content types.
  const { isUtf8MimeType, mime } = await import('@fastify/send');
  const type = mime.getType(name) ?? 'application/octet-stream';
  return isUtf8MimeType(type) ? `${type}; charset=utf-8` : type;
}

/** The names in a path, none of which is hidden. */
function namesIn(path: string): string[] {
  const decoded = decode(path);
  if (decoded === undefined || decoded.includes('\0')) {
    throw new RequestError('PEER_MALFORMED', 'The address of the request cannot be read.');
  }
  const names = normalize(`./${decoded}`)
    .split(sep)
    .filter((name) => name !== '' && name !== '.');
  if (names[0] === '..') {
    throw new RequestError('PEER_NOT_ALLOWED', `${shown(path)} leads out of the folder of pages.`);
  }
  if (names.some((name) => name.startsWith('.'))) throw notHere(path);
  return names;
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function notHere(path: string): RequestError {
  return new RequestError('PEER_NOT_FOUND', `There is no file ${shown(path)}${path.endsWith('/') ? INDEX : ''} here.`);
}

function shown(path: string): string {
  return path.slice(0, 100);
}
