import type { OssAnswer } from '../answer.ts';
import { notImplemented, OssError } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import { getAcl, getBucketInfo, getBucketLocation, listBuckets } from './bucket.ts';
import type { OperationContext } from './context.ts';
import { deleteObject, deleteObjects } from './delete-objects.ts';
import { getObject, getObjectMeta, headObject } from './get-object.ts';
import { listObjects, listObjectsV2 } from './list-objects.ts';
import { listUploads } from './list-uploads.ts';
import { abortUpload, completeUpload, initiateUpload, listParts, uploadPart, uploadPartCopy } from './multipart.ts';
import { copyObject, putObject } from './put-object.ts';

/** Parameters that make a request about something that the gateway does not have, whatever its method. */
const MISSING: Record<string, string> = {
  callback: 'callbacks',
  cors: 'rules for web pages of other origins',
  encryption: 'encryption on the server',
  inventory: 'inventories',
  lifecycle: 'lifecycle rules',
  live: 'live channels',
  logging: 'access logs',
  policy: 'bucket policies',
  referer: 'referer rules',
  replication: 'replication',
  requestPayment: 'payment by requesters',
  restore: 'archived objects',
  stat: 'bucket statistics',
  symlink: 'symbolic links',
  tagging: 'tags',
  versionId: 'versions',
  versioning: 'versions',
  versions: 'versions',
  website: 'static web sites',
  worm: 'retention policies',
  'x-oss-async-process': 'processing',
  'x-oss-process': 'processing',
};

/** Does what a request asks for. Throws OssError or ObjectError. */
export async function route(request: OssRequest, context: OperationContext, nowMs: number): Promise<OssAnswer> {
  const { bucket, key, method } = request;
  for (const [name] of request.query) {
    const what = Object.hasOwn(MISSING, name) ? MISSING[name] : undefined;
    if (what !== undefined) throw notImplemented(what);
  }
  if (bucket === undefined) return method === 'GET' ? listBuckets(request, context) : notAllowed(method);
  if (bucket !== context.bucket) {
    // Nobody can make another bucket here.
    if (method === 'PUT' && key === '') throw forbidden();
    throw new OssError(404, 'NoSuchBucket', 'The specified bucket does not exist.', { BucketName: bucket });
  }
  return key === '' ? await bucketOperation(request, context) : await objectOperation(request, context, nowMs);
}

async function bucketOperation(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  const { method } = request;
  const has = (name: string) => request.param(name) !== undefined;
  if (method === 'GET' || method === 'HEAD') {
    if (has('bucketInfo')) return getBucketInfo(request, context);
    if (has('location')) return getBucketLocation();
    if (has('acl')) return getAcl('private');
    if (has('uploads')) return listUploads(request, context);
    return request.param('list-type') === '2'
      ? await listObjectsV2(request, context)
      : await listObjects(request, context);
  }
  if (method === 'POST' && has('delete')) return await deleteObjects(request, context);
  if (method === 'POST') throw notImplemented('uploads by a form');
  // It is there, and the client's own.
  if (method === 'PUT' && request.query.length === 0) return { status: 200 };
  if (method === 'PUT' || method === 'DELETE') throw forbidden();
  return notAllowed(method);
}

async function objectOperation(request: OssRequest, context: OperationContext, nowMs: number): Promise<OssAnswer> {
  const { method } = request;
  const has = (name: string) => request.param(name) !== undefined;
  const isCopy = request.headers.has('x-oss-copy-source');
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (has('uploadId')) return listParts(request, context);
      if (has('acl')) return await getObjectAcl(request, context);
      if (has('objectMeta')) return await getObjectMeta(request, context);
      return method === 'GET' ? await getObject(request, context) : await headObject(request, context);
    case 'PUT':
      if (has('acl')) throw notImplemented('access rules of single objects');
      if (has('uploadId') || has('partNumber')) {
        return isCopy ? await uploadPartCopy(request, context) : await uploadPart(request, context);
      }
      return isCopy ? await copyObject(request, context) : await putObject(request, context);
    case 'POST':
      if (has('uploads')) return await initiateUpload(request, context, nowMs);
      if (has('uploadId')) return await completeUpload(request, context);
      if (has('append')) throw new OssError(409, 'ObjectNotAppendable', 'The object is not appendable.');
      return notAllowed(method);
    case 'DELETE':
      return has('uploadId') ? await abortUpload(request, context) : await deleteObject(request, context);
    default:
      return notAllowed(method);
  }
}

async function getObjectAcl(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  await headObject(request, context);
  return getAcl('default');
}

function forbidden(): OssError {
  return new OssError(403, 'AccessDenied', 'The gateway has one bucket, which stays as its configuration says.');
}

function notAllowed(method: string): never {
  throw new OssError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.', {
    Method: method,
    ResourceType: 'OBJECT',
  });
}
