import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import type { Objects } from '../../objects/objects.ts';
import type { UploadRecord } from '../../objects/uploads/record.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { toRequestError } from '../objects/faults.ts';
import { RequestError } from '../request-error.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy, type Output, timeMs } from './schema.ts';
import { handlerOf, neverStored } from './serve.ts';

const uploadEntry = lazy(() =>
  z
    .strictObject({
      id: z.string(),
      state: z
        .enum(['receiving', 'accepted', 'stored', 'failed', 'done'])
        .describe(
          'receiving: incomplete; accepted: on its way to the store; stored: its recipient has not heard of it; failed: it does not get there',
        ),
      key: z.string(),
      name: z.string().describe("the sender's name for it"),
      kind: z.enum(['file', 'image', 'folder']),
      from: z.string(),
      to: z.string().nullable(),
      received: count().describe('bytes that are on the disk'),
      size: count().nullable().describe('bytes that were announced'),
      beganMs: timeMs(),
      reason: z.string().nullable().describe('why it does not get on'),
    })
    .meta({ id: 'UploadEntry' }),
);
/** An upload as its operator sees it. */
export type UploadEntry = Output<typeof uploadEntry>;

const uploadsAnswer = lazy(() =>
  z
    .strictObject({
      receiving: count(),
      waiting: count(),
      unheard: count(),
      failed: count(),
      bytes: count().describe('of all uploads, outside of the store'),
      fault: z.string().nullable().describe('why the object store cannot be used now'),
      uploads: z.array(uploadEntry()).describe('the first 1,000; those that failed come first'),
    })
    .meta({ id: 'Uploads' }),
);
const doneAnswer = lazy(() => z.strictObject({ id: z.string() }));

/** A list may be long, and a person reads its beginning. */
const MAX_LISTED = 1000;
const ID = { id: 'the id of the upload' };

/** Uploads that are not done yet, and what can be done with them. */
export function uploadRoutes(parts: { objects: Objects }): ApiRoute[] {
  return Object.values(routesOf(parts));
}

function routesOf({ objects }: { objects: Objects }): Record<'list' | 'retry' | 'drop', ApiRoute> {
  const change = async (id: string, what: (id: string) => Promise<boolean>): Promise<{ id: string }> => {
    const isDone = await what(id).catch((error: unknown) => {
      throw toRequestError(error);
    });
    if (isDone) return { id };
    throw new RequestError('PEER_NOT_FOUND', `There is no upload ${id.slice(0, 40)} that this can be done with.`);
  };
  return {
    list: apiRoute(
      {
        method: 'GET',
        path: '/api/v1/uploads',
        summary: 'Uploads that are active, wait for the object store, or have failed, and why.',
        needs: 'operate',
        answers: { 200: uploadsAnswer },
      },
      () => {
        const records = objects.uploads.inState('failed', 'accepted', 'stored', 'receiving');
        return {
          ...objects.counts(),
          uploads: records.slice(0, MAX_LISTED).map((record) => entryOf(objects, record)),
        };
      },
    ),
    retry: apiRoute(
      {
        method: 'PUT',
        path: '/api/v1/uploads/:id/retry',
        summary: 'Tries a failed upload again, or a waiting one at once; of a folder, its files first.',
        needs: 'operate',
        params: ID,
        answers: { 200: doneAnswer },
        logs: { what: 'upload tried again', subject: 'upload' },
      },
      ({ params: { id } }) => change(id, (each) => objects.retry(each)),
    ),
    drop: apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/uploads/:id',
        summary: 'Gives an upload up, and deletes its content.',
        needs: 'operate',
        params: ID,
        answers: { 200: doneAnswer },
        logs: { what: 'upload dropped', subject: 'upload' },
      },
      ({ params: { id } }) => change(id, (each) => objects.drop(each)),
    ),
  };
}

/** The same at `/uploads`, where programs of earlier versions ask. */
export function earlierUploadRoutes(context: SessionContext, parts: { objects: Objects }): FastifyPluginCallback {
  const { list, retry, drop } = routesOf(parts);
  return (app, _options, done) => {
    neverStored(app);
    app.get('/uploads', handlerOf(context, list));
    app.put('/uploads/:id/retry', handlerOf(context, retry));
    app.delete('/uploads/:id', handlerOf(context, drop));
    done();
  };
}

function entryOf(objects: Objects, record: UploadRecord): UploadEntry {
  const { id, state, key, name, kind, from, to = null, size = null, beganMs, reason = null } = record;
  const received = record.digests?.size ?? objects.uploads.receivedBytes(record);
  const missing = kind === 'folder' && state === 'accepted' ? objects.uploads.pendingIn(key) : 0;
  const waits = missing > 0 ? `Not in the store yet: ${missing} of its files.` : null;
  return { id, state, key, name, kind, from, to, received, size, beganMs, reason: waits ?? reason };
}
