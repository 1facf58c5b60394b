import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { wholeNumber } from '../../common/whole-number.ts';
import { nameOfObject } from '../../objects/file-name.ts';
import { type ListedObject, traitsOf } from '../../objects/listing/listed-object.ts';
import type { NewestQuery } from '../../objects/listing/newest-index.ts';
import type { Objects } from '../../objects/objects.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { originOf } from '../objects/download.ts';
import { toRequestError } from '../objects/faults.ts';
import { RequestError } from '../request-error.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy, type Output, timeMs } from './schema.ts';

const objectEntry = lazy(() =>
  z
    .strictObject({
      key: z.string(),
      url: z
        .string()
        .optional()
        .describe('where it can be read, for a while; left out while the gateway knows no address of its own'),
      fileName: z.string().describe('what it can be saved as'),
      size: count(),
      kind: z.enum(['file', 'image']),
      type: z.string().describe('its content type'),
      from: z.string().nullable(),
      to: z.string().nullable(),
      createdMs: timeMs(),
    })
    .meta({ id: 'ObjectEntry' }),
);
/** An object as a program or a page sees it in the list. */
export type ObjectEntry = Output<typeof objectEntry>;

const listQuery = lazy(() =>
  z.strictObject({
    prefix: z.string().optional().describe('what its key begins with'),
    from: z.string().optional().describe('who sent it'),
    to: z.string().optional().describe('whom it was sent to'),
    kind: z.enum(['file', 'image']).optional(),
    before: z.string().optional().describe('the "next" of the page before'),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
);
const listAnswer = lazy(() =>
  z.strictObject({
    objects: z.array(objectEntry()),
    next: z.string().optional().describe('what to give as "before" for more'),
  }),
);

const PARAMETERS = ['prefix', 'from', 'to', 'kind', 'before', 'limit'] as const;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** The objects that whoever asks may read, the newest first. */
export function objectListRoutes({ context, objects }: { context: SessionContext; objects: Objects }): ApiRoute[] {
  const { access } = context;
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/objects',
        summary: 'Files and images, the newest first.',
        description: 'A page may have fewer than "limit", and none at all, while there is a next one.',
        needs: 'see',
        query: listQuery,
        readsQuery: true,
        answers: { 200: listAnswer },
      },
      async ({ viewer: { principal }, request }) => {
        if (!access.mayList(principal)) {
          throw new RequestError('PEER_NOT_ALLOWED', 'You may not see which objects there are.');
        }
        const page = await objects.list.newest(queryOf(request)).catch((error: unknown) => {
          throw toRequestError(error);
        });
        const readable = page.objects.filter(({ info }) => access.mayRead(principal, info.key));
        const entries = readable.map((listed) => entryOf(listed, objects, originOf(request)));
        return { objects: entries, ...(page.next === undefined ? {} : { next: String(page.next) }) };
      },
    ),
  ];
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
