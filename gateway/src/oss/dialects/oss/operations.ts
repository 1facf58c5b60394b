import type { OssAnswer } from '../../answer.ts';
import { readDocument } from '../../body.ts';
import { copyHeaders } from '../../copy-source.ts';
import { appendObject } from '../../operations/append-object.ts';
import type { OperationContext } from '../../operations/context.ts';
import { deleteObject, deleteObjects } from '../../operations/delete-objects.ts';
import { getObject, getObjectMeta, headObject, RESPONSE_PARAMS } from '../../operations/get-object.ts';
import { LIST_PARAMS, listObjects, listObjectsOfType } from '../../operations/list-objects.ts';
import { listUploads, UPLOADS_PARAMS } from '../../operations/list-uploads.ts';
import {
  abortUpload,
  completeUpload,
  initiateUpload,
  listParts,
  uploadPart,
  uploadPartCopy,
} from '../../operations/multipart.ts';
import { copyObject, putObject } from '../../operations/put-object.ts';
import { bucketStays, type Operation, type OperationTable } from '../../operations/table.ts';
import { notImplemented } from '../../oss-error.ts';
import type { OssRequest } from '../../request.ts';
import { readXml, textOf } from '../../xml.ts';
import { OSS_RULES } from './allowed.ts';
import { getAcl, getBucketInfo, getBucketLocation, listBuckets } from './bucket.ts';
import { BUCKET_SETTINGS, getObjectTagging } from './empty-answers.ts';

const READ = ['GET', 'HEAD'];
const COPY = copyHeaders('x-oss-');

const ON_SERVICE: Operation[] = [
  { methods: ['GET'], needs: 'nothing', params: ['prefix', 'marker', 'max-keys'], run: listBuckets },
];

const ON_BUCKET: Operation[] = [
  { methods: READ, needs: 'nothing', by: ['bucketInfo'], run: getBucketInfo },
  { methods: READ, needs: 'nothing', by: ['location'], run: getBucketLocation },
  { methods: READ, needs: 'nothing', by: ['acl'], run: (request) => getAcl(request, 'private') },
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
    params: UPLOADS_PARAMS,
    run: listUploads,
  },
  {
    methods: READ,
    needs: 'each',
    by: ['list-type'],
    params: [...LIST_PARAMS, 'continuation-token', 'start-after', 'fetch-owner', 'marker'],
    run: listObjectsOfType,
  },
  { methods: READ, needs: 'each', params: [...LIST_PARAMS, 'marker'], run: listObjects },
  { methods: ['POST'], needs: 'each', by: ['delete'], params: ['encoding-type'], run: deleteObjects },
  // The bucket exists and is the client's own; its access rules stay as they are.
  { methods: ['PUT'], needs: 'nothing', by: ['acl'], byHeader: 'x-oss-acl', run: () => ({ status: 200 }) },
  { methods: ['PUT'], needs: 'nothing', run: makeBucket },
  {
    methods: ['DELETE'],
    needs: 'nothing',
    run: () => {
      throw bucketStays();
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
    params: RESPONSE_PARAMS,
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
  { methods: ['POST'], needs: 'upload', by: ['append'], params: ['position'], run: appendObject },
  { methods: ['DELETE'], needs: 'upload', by: ['uploadId'], run: abortUpload },
  { methods: ['DELETE'], needs: 'upload', run: deleteObject },
];

export const OSS_TABLE: OperationTable = {
  onService: ON_SERVICE,
  onBucket: ON_BUCKET,
  onObject: ON_OBJECT,
  rules: OSS_RULES,
};

async function getObjectAcl(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  await headObject(request, context);
  return getAcl(request, 'default');
}

/** Asks for the access rule that every object has; any other was refused before. */
async function putObjectAcl(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  await headObject(request, context);
  return { status: 200 };
}

const MAX_CONFIGURATION_BYTES = 64 * 1024;

/** PutBucket: succeeds, as the bucket exists already; other settings than its own are refused. */
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
