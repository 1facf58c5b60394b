import type { OssAnswer } from '../answer.ts';
import { noSuchUpload } from '../multipart/uploads.ts';
import { OssError } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import { type Allowed, type AllowedRules, checkAllowed } from './allowed.ts';
import type { OperationContext } from './context.ts';

/** One operation of a dialect: the requests that ask for it, and what it does. */
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

/** All operations of a dialect. In each list, the first operation that fits is used. */
export interface OperationTable {
  onService: readonly Operation[];
  onBucket: readonly Operation[];
  onObject: readonly Operation[];
  /** What its requests may have besides. */
  rules: AllowedRules;
  /** Throws OssError for a request that is none, whatever it asks for. */
  check?(request: OssRequest): void;
}

/** What a request asks for. Throws OssError where there is no such thing. */
export function operationOf(table: OperationTable, request: OssRequest, context: OperationContext): Operation {
  const { bucket, key, method } = request;
  if (bucket !== undefined && bucket !== context.bucket) {
    // Nobody can make another bucket here.
    if (method === 'PUT' && key === '') throw bucketStays();
    throw new OssError(404, 'NoSuchBucket', 'The specified bucket does not exist.', { BucketName: bucket });
  }
  table.check?.(request);
  const operations = bucket === undefined ? table.onService : key === '' ? table.onBucket : table.onObject;
  const operation = operations.find((each) => fits(each, request));
  if (!operation) {
    // The request may ask for an operation that is not in the list.
    checkAllowed(request, {}, table.rules);
    throw new OssError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      Method: method,
      ResourceType: 'OBJECT',
    });
  }
  const { by = [], params = [], headers = [] } = operation;
  checkAllowed(request, { params: [...by, ...params], headers }, table.rules);
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

/** The error for whoever wants to change the bucket. */
export function bucketStays(): OssError {
  return new OssError(403, 'AccessDenied', 'The gateway has one bucket, which stays as its configuration says.');
}
