import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { Objects } from '../../objects/objects.ts';
import type { UploadRecord } from '../../objects/uploads/record.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { isOperator } from '../operator.ts';
import { RequestError } from '../request-error.ts';
import { toRequestError } from './faults.ts';

/** An upload as its operator sees it. */
export interface ListedUpload {
  id: string;
  state: UploadRecord['state'];
  key: string;
  name: string;
  kind: string;
  from: string;
  to: string | null;
  /** Bytes on disk, and bytes announced. */
  received: number;
  size: number | null;
  /** Milliseconds since 1970. */
  beganMs: number;
  reason: string | null;
}

/** A list may be long, and a person reads its beginning. */
const MAX_LISTED = 1000;

/**
 * For the operator: `GET /uploads`, `PUT /uploads/ID/retry`, `DELETE /uploads/ID`. A page of another origin cannot make a
 * browser send the last two.
 */
export function uploadRoutes({
  context,
  objects,
}: {
  context: SessionContext;
  objects: Objects;
}): FastifyPluginCallback {
  const checkOperator = async (request: FastifyRequest): Promise<void> => {
    if (await isOperator(context, request)) return;
    throw new RequestError('PEER_NOT_ALLOWED', 'Uploads can only be managed from the machine of the gateway.');
  };
  const change = async (request: FastifyRequest, what: (id: string) => Promise<boolean>): Promise<object> => {
    await checkOperator(request);
    const { id } = request.params as { id: string };
    const isDone = await what(id).catch((error: unknown) => {
      throw toRequestError(error);
    });
    if (!isDone)
      throw new RequestError('PEER_NOT_FOUND', `There is no upload ${id.slice(0, 40)} that this can be done with.`);
    return { id };
  };
  return (app, _options, done) => {
    app.get('/uploads', async (request, reply) => {
      await checkOperator(request);
      const records = objects.uploads.inState('failed', 'accepted', 'stored', 'receiving');
      const uploads = records.slice(0, MAX_LISTED).map((record) => listed(objects, record));
      return reply.header('cache-control', 'no-store').send({ ...objects.counts(), uploads });
    });
    app.put('/uploads/:id/retry', (request) => change(request, (id) => objects.retry(id)));
    app.delete('/uploads/:id', (request) => change(request, (id) => objects.drop(id)));
    done();
  };
}

function listed(objects: Objects, record: UploadRecord): ListedUpload {
  const { id, state, key, name, kind, from, to = null, size = null, beganMs, reason = null } = record;
  const received = record.digests?.size ?? objects.uploads.receivedBytes(record);
  const missing = kind === 'folder' && state === 'accepted' ? objects.uploads.pendingIn(key) : 0;
  const waits = missing > 0 ? `Not in the store yet: ${missing} of its files.` : null;
  return { id, state, key, name, kind, from, to, received, size, beganMs, reason: waits ?? reason };
}
