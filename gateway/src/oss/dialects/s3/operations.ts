import { MAX_KEY_BYTES } from '../../../objects/contract.ts';
import type { OssAnswer } from '../../answer.ts';
import { copyHeaders } from '../../copy-source.ts';
import { accessDenied } from '../../key-rights.ts';
import type { OperationContext } from '../../operations/context.ts';
import { deleteObject, deleteObjects } from '../../operations/delete-objects.ts';
import { getObject, headObject, RESPONSE_PARAMS } from '../../operations/get-object.ts';
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
import { OWNER } from '../../operations/owner.ts';
import { copyObject, putObject } from '../../operations/put-object.ts';
import { bucketStays, type Operation, type OperationTable } from '../../operations/table.ts';
import { OssError } from '../../oss-error.ts';
import type { OssRequest } from '../../request.ts';
import { S3_RULES } from './allowed.ts';
import { getObjectAttributes } from './attributes.ts';
import {
  BUCKET_SETTINGS,
  createBucket,
  getObjectAcl,
  getObjectTagging,
  headBucket,
  listBuckets,
  OBJECT_SETTINGS,
} from './bucket.ts';
import { listVersions } from './versions.ts';

const READ = ['GET', 'HEAD'];
const COPY = copyHeaders('x-amz-');

const settings = (
  answers: Record<string, (request: OssRequest) => OssAnswer>,
  needs: Operation['needs'],
): Operation[] => Object.entries(answers).map(([name, run]) => ({ methods: READ, needs, by: [name], run }));

const ON_SERVICE: Operation[] = [
  {
    methods: ['GET'],
    needs: 'nothing',
    params: ['prefix', 'max-buckets', 'continuation-token', 'bucket-region'],
    run: listBuckets,
  },
];

const ON_BUCKET: Operation[] = [
  ...settings(BUCKET_SETTINGS, 'nothing'),
  { methods: ['GET'], needs: 'each', by: ['uploads'], params: UPLOADS_PARAMS, run: listUploads },
  {
    methods: ['GET'],
    needs: 'each',
    by: ['versions'],
    params: [...LIST_PARAMS, 'key-marker', 'version-id-marker'],
    run: listVersions,
  },
  {
    methods: ['GET'],
    needs: 'each',
    by: ['list-type'],
    params: [...LIST_PARAMS, 'continuation-token', 'start-after', 'fetch-owner', 'marker'],
    run: listObjectsOfType,
  },
  { methods: ['GET'], needs: 'each', params: [...LIST_PARAMS, 'marker'], run: listObjects },
  { methods: ['HEAD'], needs: 'nothing', run: headBucket },
  { methods: ['POST'], needs: 'each', by: ['delete'], run: deleteObjects },
  // The bucket exists and is the client's own; its access rules stay as they are.
  { methods: ['PUT'], needs: 'nothing', by: ['acl'], byHeader: 'x-amz-acl', run: () => ({ status: 200 }) },
  { methods: ['PUT'], needs: 'nothing', run: createBucket },
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
    methods: ['GET'],
    needs: 'upload',
    by: ['uploadId'],
    params: ['max-parts', 'part-number-marker', 'encoding-type'],
    run: listParts,
  },
  { methods: READ, needs: 'read', by: ['acl'], run: getObjectAcl },
  { methods: READ, needs: 'read', by: ['tagging'], run: getObjectTagging },
  ...settings(OBJECT_SETTINGS, 'read'),
  {
    methods: ['GET'],
    needs: 'read',
    by: ['attributes'],
    headers: ['x-amz-object-attributes', 'x-amz-max-parts', 'x-amz-part-number-marker'],
    run: getObjectAttributes,
  },
  { methods: ['GET'], needs: 'read', params: [...RESPONSE_PARAMS, 'partNumber'], run: getObject },
  { methods: ['HEAD'], needs: 'read', params: [...RESPONSE_PARAMS, 'partNumber'], run: headObject },
  { methods: ['PUT'], needs: 'upload', by: ['acl'], byHeader: 'x-amz-acl', run: putObjectAcl },
  {
    methods: ['PUT'],
    needs: 'upload',
    by: ['uploadId', 'partNumber'],
    byHeader: 'x-amz-copy-source',
    headers: [...COPY, 'x-amz-copy-source-range'],
    run: uploadPartCopy,
  },
  { methods: ['PUT'], needs: 'upload', by: ['uploadId', 'partNumber'], run: uploadPart },
  {
    methods: ['PUT'],
    needs: 'upload',
    byHeader: 'x-amz-copy-source',
    headers: [...COPY, 'x-amz-metadata-directive', 'if-none-match'],
    run: copyObject,
  },
  { methods: ['PUT'], needs: 'upload', headers: ['if-match', 'if-none-match'], run: putObject },
  { methods: ['POST'], needs: 'upload', by: ['uploads'], run: initiateUpload },
  {
    methods: ['POST'],
    needs: 'upload',
    by: ['uploadId'],
    headers: ['if-match', 'if-none-match'],
    run: completeUpload,
  },
  { methods: ['DELETE'], needs: 'upload', by: ['uploadId'], run: abortUpload },
  { methods: ['DELETE'], needs: 'upload', run: deleteObject },
];

export const S3_TABLE: OperationTable = {
  onService: ON_SERVICE,
  onBucket: ON_BUCKET,
  onObject: ON_OBJECT,
  rules: S3_RULES,
  check({ key, headers }) {
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
      throw new OssError(400, 'KeyTooLongError', 'Your key is too long.', {
        Size: String(Buffer.byteLength(key)),
        MaxSizeAllowed: String(MAX_KEY_BYTES),
      });
    }
    for (const name of OWNERS) {
      const owner = headers.get(name);
      if (owner !== undefined && owner !== OWNER.ID) throw accessDenied();
    }
  },
};

const OWNERS = ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner'];

async function putObjectAcl(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  await headObject(request, context);
  return { status: 200 };
}
