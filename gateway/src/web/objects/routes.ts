import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../access/principal.ts';
import { drainBody } from '../../common/drain-body.ts';
import type { Objects } from '../../objects/objects.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { watchProgress } from '../progress.ts';
import { RequestError } from '../request-error.ts';
import { whileAllowed } from '../while-allowed.ts';
import { appendBody, isAppend } from './append.ts';
import { checkMayRead, listFolder, readFor, sendObject } from './download.ts';
import { toRequestError } from './faults.ts';
import { takeForm } from './form.ts';
import { imageOptionsOf, sendImage } from './image-download.ts';
import { takeBody } from './upload.ts';

export interface ObjectRoutesOptions {
  context: SessionContext;
  objects: Objects;
  /** How long an upload may stand still. */
  stallMs: number;
}

const PREFIX = '/objects/';
/** What is read of a body that is refused, so that its sender gets to read why. */
const MAX_DRAINED_BYTES = 4 * 1024 * 1024;
const DRAIN_MS = 1000;
/** A page of any origin may read what it knows the signed address of. */
const TO_ANY_PAGE = {
  'cross-origin-resource-policy': 'cross-origin',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'etag, content-range, content-disposition',
};
/** What a page must ask for before it goes on with a download that broke off. */
const FOR_A_REST = { 'access-control-allow-headers': 'range, if-range', 'access-control-max-age': '86400' };

/**
 * `PUT /objects/NAME` and `POST /objects` (a form) take objects in, `PUT /objects/KEY?append` appends to one, `GET` and `HEAD /objects/KEY` give them out, and
 * `GET /objects?prefix=FOLDER` lists a folder.
 */
export function objectRoutes({ context, objects, stallMs }: ObjectRoutesOptions): FastifyPluginCallback {
  const upload = async (
    request: FastifyRequest,
    reply: FastifyReply,
    take: (onPiece: () => void) => Promise<FastifyReply>,
  ): Promise<FastifyReply> => {
    const watch = watchProgress(request, context.clock, stallMs);
    try {
      return await take(() => watch.progress());
    } catch (error) {
      if (!request.raw.complete) {
        reply.header('connection', 'close');
        await drainBody(request.raw, context.clock, { maxBytes: MAX_DRAINED_BYTES, limitMs: DRAIN_MS });
      }
      throw toRequestError(error);
    } finally {
      watch.end();
    }
  };

  return (app, _options, done) => {
    // Bodies are streams, whatever they are called.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    app.addHook('onRequest', (request, reply, next) => {
      const { signature } = request.query as { signature?: unknown };
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      if (isRead && signature !== undefined) void reply.headers(TO_ANY_PAGE);
      next();
    });
    app.options(`${PREFIX}*`, (_request, reply) =>
      reply
        .code(204)
        .headers({ ...TO_ANY_PAGE, ...FOR_A_REST })
        .send(),
    );
    const config = { isUpload: true };
    app.put(`${PREFIX}*`, { config }, (request, reply) =>
      upload(request, reply, (onPiece) => {
        const take = isAppend(request) ? appendBody : takeBody;
        return take({ objects, context }, pathOf(request), request, reply, onPiece);
      }),
    );
    app.post('/objects', { config }, (request, reply) =>
      upload(request, reply, async (onPiece) => {
        const answers = await takeForm(objects, context, request, onPiece);
        return await reply.code(201).send(answers.length === 1 ? answers[0] : { objects: answers });
      }),
    );
    app.get('/objects', { config: { keepsFromPages: true } }, async (request, reply) => {
      try {
        return await listFolder(objects, context, request);
      } catch (error) {
        throw withoutDescription(reply, toRequestError(error));
      }
    });
    app.route({
      method: ['GET', 'HEAD'],
      url: `${PREFIX}*`,
      config: { keepsFromPages: true },
      async handler(request, reply) {
        try {
          const key = pathOf(request);
          const reader = await checkMayRead(objects, context, key, request);
          if (reader) endWithRight(context, reader, key, reply);
          const options = imageOptionsOf(request);
          const from = objects.readFor(readFor(reader));
          const { images } = objects;
          const image = options && (await sendImage({ images, from }, key, options, request, reply));
          return image ?? (await sendObject(from, key, request, reply));
        } catch (error) {
          throw withoutDescription(reply, toRequestError(error));
        }
      },
    });
    done();
  };
}

/** Ends an answer that takes long within a second after its reader may not read the object any more. */
function endWithRight(context: SessionContext, reader: Principal, key: string, { raw }: FastifyReply): void {
  const stop = whileAllowed(
    context,
    reader,
    () => context.access.mayRead(reader, key),
    () => raw.destroy(),
  );
  // Nothing says again that the reader is gone already.
  if (raw.destroyed) stop();
  else raw.once('close', stop);
}

/** What of the path comes after `/objects/`. Fastify would take other slashes for its own. */
function pathOf(request: FastifyRequest): string {
  const path = request.raw.url?.split('?', 1)[0] ?? '';
  try {
    return decodeURIComponent(path.slice(PREFIX.length));
  } catch {
    throw new RequestError('PEER_MALFORMED', 'The address is not UTF-8 in percent encoding.');
  }
}

/** An error is JSON, and nothing of the object. */
function withoutDescription(reply: FastifyReply, error: unknown): unknown {
  for (const name of ['content-type', 'content-length', 'content-disposition', 'etag', 'last-modified']) {
    reply.removeHeader(name);
  }
  return error;
}
