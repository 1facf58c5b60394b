import type { OssAnswer } from '../answer.ts';
import { readDocument } from '../body.ts';
import { noSuchUpload } from '../multipart/uploads.ts';
import { notImplemented, OssError } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import { readXml, textOf } from '../xml.ts';
import { type Allowed, checkAllowed } from './allowed.ts';
import { getAcl, getBucketInfo, getBucketLocation, listBuckets } from './bucket.ts';
import type { OperationContext } from './context.ts';
import { deleteObject, deleteObjects } from './delete-objects.ts';
import { BUCKET_SETTINGS, getObjectTagging } from './empty-answers.ts';
import { getObject, getObjectMeta, headObject } from './get-object.ts';
import { listObjects, listObjectsV2 } from './list-objects.ts';
import { listUploads } from './list-uploads.ts';
import { abortUpload, completeUpload, initiateUpload, listParts, uploadPart, uploadPartCopy } from './multipart.ts';
import { copyObject, putObject } from './put-object.ts';

/** One operation of OSS's that the gateway has. */
export interface Operation extends Allowed {
  methods: readonly string[];
  /** What the account of the key must be allowed to do with the key of the object; `each`: the operation asks of every key itself. */
  needs: 'read' | 'upload' | 'each' | 'nothing';
  /** Parameters that the query must have: they tell it from others of the same method. */
  by?: readonly string[];
  /** The same of headers. */
  byHeader?: string;
  run(request: OssRequest, context: OperationContext, nowMs: number): OssAnswer | Promise<OssAnswer>;
}

const READ = ['GET', 'HEAD'];
const PAGE = ['prefix', 'delimiter', 'encoding-type'];
const COPY_CONDITIONS = ['match', 'none-match', 'modified-since', 'unmodified-since'];
const COPY = ['x-oss-copy-source', ...COPY_CONDITIONS.map((name) => `x-oss-copy-source-if-${name}`)];
const RESPONSE = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

/** Of each list the first that fits counts. */
const ON_SERVICE: Operation[] = [
  { methods: ['GET'], needs: 'nothing', params: ['prefix', 'marker', 'max-keys'], run: listBuckets },
];

const ON_BUCKET: Operation[] = [
  { methods: READ, needs: 'nothing', by: ['bucketInfo'], run: getBucketInfo },
  { methods: READ, needs: 'nothing', by: ['location'], run: getBucketLocation },
  { methods: READ, needs: 'nothing', by: ['acl'], run: () => getAcl('private') },
  ...Object.entries(BUCKET_SETTINGS).map(([name, run]) => ({
    methods: READ,
    needs: 'nothing' as const,
    by: [name],
    run,
  })),
  {
    methods: READ,
    needs: 'each',
    by: ['uploads'],
    params: [...PAGE, 'key-marker', 'upload-id-marker', 'max-uploads'],
    run: listUploads,
  },
  {
    methods: READ,
    needs: 'each',
    by: ['list-type'],
    params: [...PAGE, 'max-keys', 'continuation-token', 'start-after', 'fetch-owner', 'marker'],
    run: (request, context) =>
      request.param('list-type') === '2' ? listObjectsV2(request, context) : listObjects(request, context),
  },
  { methods: READ, needs: 'each', params: [...PAGE, 'max-keys', 'marker'], run: listObjects },
  { methods: ['POST'], needs: 'each', by: ['delete'], params: ['encoding-type'], run: deleteObjects },
  // It is there, and the client's own; who may use it stays as it is.
  { methods: ['PUT'], needs: 'nothing', by: ['acl'], byHeader: 'x-oss-acl', run: () => ({ status: 200 }) },
  { methods: ['PUT'], needs: 'nothing', run: makeBucket },
  {
    methods: ['DELETE'],
    needs: 'nothing',
    run: () => {
      throw forbidden();
    },
  },
];

const ON_OBJECT: Operation[] = [
  {
    methods: READ,
    needs: 'upload',
    by: ['uploadId'],
    params: ['max-parts', 'part-number-marker', 'encoding-type'],
    run: listParts,
  },
  { methods: READ, needs: 'read', by: ['acl'], run: getObjectAcl },
  { methods: READ, needs: 'read', by: ['objectMeta'], run: getObjectMeta },
  { methods: READ, needs: 'read', by: ['tagging'], run: getObjectTagging },
  {
    methods: ['GET'],
    needs: 'read',
    params: RESPONSE.map((name) => `response-${name}`),
    headers: ['x-oss-range-behavior'],
    run: getObject,
  },
  { methods: ['HEAD'], needs: 'read', run: headObject },
  { methods: ['PUT'], needs: 'upload', by: ['acl'], byHeader: 'x-oss-object-acl', run: putObjectAcl },
  {
    methods: ['PUT'],
    needs: 'upload',
    by: ['uploadId', 'partNumber'],
    byHeader: 'x-oss-copy-source',
    headers: [...COPY, 'x-oss-copy-source-range'],
    run: uploadPartCopy,
  },
  { methods: ['PUT'], needs: 'upload', by: ['uploadId', 'partNumber'], run: uploadPart },
  {
    methods: ['PUT'],
    needs: 'upload',
    byHeader: 'x-oss-copy-source',
    headers: [...COPY, 'x-oss-metadata-directive', 'x-oss-forbid-overwrite'],
    run: copyObject,
  },
  { methods: ['PUT'], needs: 'upload', headers: ['x-oss-forbid-overwrite'], run: putObject },
  {
    methods: ['POST'],
    needs: 'upload',
    by: ['uploads'],
    params: ['encoding-type', 'sequential'],
    headers: ['x-oss-forbid-overwrite'],
    run: initiateUpload,
  },
  {
    methods: ['POST'],
    needs: 'upload',
    by: ['uploadId'],
    params: ['encoding-type'],
    headers: ['x-oss-forbid-overwrite', 'x-oss-complete-all'],
    run: completeUpload,
  },
  { methods: ['DELETE'], needs: 'upload', by: ['uploadId'], run: abortUpload },
  { methods: ['DELETE'], needs: 'upload', run: deleteObject },
];

/** What a request asks for. Throws OssError where there is no such thing. */
export function operationOf(request: OssRequest, context: OperationContext): Operation {
  const { bucket, key, method } = request;
  if (bucket !== undefined && bucket !== context.bucket) {
    // Nobody can make another bucket here.
    if (method === 'PUT' && key === '') throw forbidden();
    throw new OssError(404, 'NoSuchBucket', 'The specified bucket does not exist.', { BucketName: bucket });
  }
  const operations = bucket === undefined ? ON_SERVICE : key === '' ? ON_BUCKET : ON_OBJECT;
  const operation = operations.find((each) => fits(each, request));
  if (!operation) {
    // What is meant may be told by a parameter that is not here.
    checkAllowed(request, {});
    throw new OssError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      Method: method,
      ResourceType: 'OBJECT',
    });
  }
  const { by = [], params = [], headers = [] } = operation;
  checkAllowed(request, { params: [...by, ...params], headers });
  const upload = context.uploads.find(request.param('uploadId') ?? '');
  if (upload && !context.rights.owns(upload)) throw noSuchUpload(upload.id);
  return operation;
}

/** Whether the key of a request may do this. */
export function mayRun({ needs }: Operation, { key }: OssRequest, { rights }: OperationContext): boolean {
  switch (needs) {
    case 'read':
      return rights.mayRead(key);
    case 'upload':
      return rights.mayUpload(key);
    default:
      return true;
  }
}

function fits({ methods, by = [], byHeader }: Operation, request: OssRequest): boolean {
  if (!methods.includes(request.method)) return false;
  if (byHeader !== undefined && !request.headers.has(byHeader)) return false;
  return by.every((name) => request.param(name) !== undefined);
}

async function getObjectAcl(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  await headObject(request, context);
  return getAcl('default');
}

/** Asks for the access rule that every object has; any other was refused before. */
async function putObjectAcl(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  await headObject(request, context);
  return { status: 200 };
}

const MAX_CONFIGURATION_BYTES = 64 * 1024;

/** PutBucket: it is there, and the client's own; one that is otherwise cannot be had. */
async function makeBucket(request: OssRequest): Promise<OssAnswer> {
  const document = (await readDocument(request, MAX_CONFIGURATION_BYTES)).toString('utf8').trim();
  if (document === '') return { status: 200 };
  const root = readXml(document, 'CreateBucketConfiguration');
  for (const [name, there] of [
    ['StorageClass', 'Standard'],
    ['DataRedundancyType', 'LRS'],
  ] as const) {
    const asked = textOf(root, name)?.trim() || there;
    if (asked.toLowerCase() !== there.toLowerCase()) throw notImplemented(`a bucket with ${name} ${asked}`);
  }
  return { status: 200 };
}

function forbidden(): OssError {
  return new OssError(403, 'AccessDenied', 'The gateway has one bucket, which stays as its configuration says.');
}
