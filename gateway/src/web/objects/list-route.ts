import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { wholeNumber } from '../../common/whole-number.ts';
import { nameOfObject } from '../../objects/file-name.ts';
import { type ListedObject, traitsOf } from '../../objects/listing/listed-object.ts';
import type { NewestQuery } from '../../objects/listing/newest-index.ts';
import type { Objects } from '../../objects/objects.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { identify } from '../identify.ts';
import { RequestError } from '../request-error.ts';
import { originOf } from './download.ts';
import { toRequestError } from './faults.ts';

/** An object as a program or a page sees it in the list. */
export interface ObjectEntry {
  key: string;
  /** Where it can be read, for a while, by the name that the gateway was asked by; undefined while it knows no address of its own. */
  url: string | undefined;
  /** What it can be saved as. */
  fileName: string;
  /** Bytes. */
  size: number;
  kind: 'file' | 'image';
  /** Its content type. */
  type: string;
  from: string | null;
  to: string | null;
  /** Milliseconds since 1970, by the clock of the gateway then. */
  createdMs: number;
}

const PARAMETERS = ['prefix', 'from', 'to', 'kind', 'before', 'limit'] as const;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/**
 * `GET /api/v1/objects?prefix=&from=&to=&kind=&before=&limit=`: `{"objects": [ObjectEntry], "next"?}`, the newest first; `next` is what
 * to give as `before` for more. A page may have fewer than `limit`, and none at all, while there is a next one.
 */
export function objectListRoute({
  context,
  objects,
}: {
  context: SessionContext;
  objects: Objects;
}): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get('/api/v1/objects', async (request, reply) => {
      const { access } = context;
      const reader = await identify(context, request.asker);
      if (!access.mayList(reader)) {
        throw new RequestError('PEER_NOT_ALLOWED', 'You may not see which objects there are.');
      }
      const page = await objects.list.newest(queryOf(request)).catch((error: unknown) => {
        throw toRequestError(error);
      });
      const readable = page.objects.filter(({ info }) => access.mayRead(reader, info.key));
      const entries = readable.map((listed) => entryOf(listed, objects, originOf(request)));
      const next = page.next === undefined ? {} : { next: String(page.next) };
      return reply.header('cache-control', 'no-store').send({ objects: entries, ...next });
    });
    done();
  };
}

function entryOf({ info }: ListedObject, { links }: Objects, origin: string | undefined): ObjectEntry {
  const { key, size, contentType, modifiedMs } = info;
  const { from = null, to = null, kind } = traitsOf(info);
  const fileName = nameOfObject(info);
  return {
    key,
    url: links.urlOf(key, origin),
    fileName,
    size,
    kind,
    type: contentType,
    from,
    to,
    createdMs: modifiedMs,
  };
}

function queryOf(request: FastifyRequest): NewestQuery {
  const given = request.query as Record<string, unknown>;
  for (const [name, value] of Object.entries(given)) {
    if (!PARAMETERS.some((known) => known === name)) {
      throw malformed(`There is no parameter ${name.slice(0, 40)}; there are ${PARAMETERS.join(', ')}`);
    }
    if (typeof value !== 'string') throw malformed(`The parameter ${name} is there twice`);
  }
  // A form sends what was left empty, too.
  const said = Object.entries(given).filter(([, value]) => value !== '');
  const { prefix, from, to, kind, before, limit } = Object.fromEntries(said) as Partial<
    Record<(typeof PARAMETERS)[number], string>
  >;
  if (kind !== undefined && kind !== 'file' && kind !== 'image') throw malformed('The "kind" is file or image');
  if (before !== undefined && !/^\d{1,15}$/.test(before))
    throw malformed('"before" is what "next" of another page was');
  const count = limit === undefined ? DEFAULT_LIMIT : wholeNumber(limit);
  if (!(count >= 1 && count <= MAX_LIMIT)) throw malformed(`The "limit" is 1 to ${MAX_LIMIT}`);
  return { prefix, from, to, kind, before: before === undefined ? undefined : Number(before), limit: count };
}

function malformed(fault: string): RequestError {
  return new RequestError('PEER_MALFORMED', `${fault}.`);
}
