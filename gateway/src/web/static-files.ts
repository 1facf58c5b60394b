import { type Stats, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from './request-error.ts';

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
    // Not before somebody asks: it has a long list of content types.
    const { send } = await import('@fastify/send');
    const { statusCode, headers, stream, type } = await send(request.raw, path, {
      root: this.#root,
      dotfiles: 'ignore',
      cacheControl: false,
      onFile: (file, stat) => this.#check(file, stat, path),
    });
    if (type === 'error') {
      stream.destroy();
      if (statusCode === 416) reply.header('content-range', headers['Content-Range']);
      throw faultOf(statusCode, path);
    }
    return await reply
      .code(statusCode)
      .headers({ ...headers, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' })
      .send(stream);
  }

  /** A link in the folder may lead anywhere, and the folder may be a link itself that leads elsewhere now. */
  async #check(file: string, stat: Stats, path: string): Promise<void> {
    const [root, real] = await Promise.all([this.#root, file].map((each) => realpath(each).catch(() => undefined)));
    if (root === undefined || real === undefined || !stat.isFile()) throw faultOf(404, path);
    if (!real.startsWith(root + sep)) {
      throw new RequestError('PEER_NOT_ALLOWED', `${shown(path)} leads out of the folder of pages.`);
    }
  }
}

function faultOf(statusCode: number, path: string): RequestError {
  switch (statusCode) {
    case 400:
      return new RequestError('PEER_MALFORMED', 'The address of the request cannot be read.');
    case 403:
      return new RequestError('PEER_NOT_ALLOWED', `${shown(path)} leads out of the folder of pages.`);
    case 412:
      return new RequestError('PEER_NOT_FOUND', 'What is here is another version than the one that is asked for.', 412);
    case 416:
      return new RequestError('PEER_MALFORMED', 'The file has none of the bytes of the range.', 416);
    case 500:
      return new RequestError('INTERNAL', `${shown(path)} cannot be read; are its rights right?`);
    default:
      return new RequestError(
        'PEER_NOT_FOUND',
        `There is no file ${shown(path)}${path.endsWith('/') ? 'index.html' : ''} here.`,
      );
  }
}

function shown(path: string): string {
  return path.slice(0, 100);
}
