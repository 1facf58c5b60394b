import { type ByteRange, readRange } from '../../common/ranges.ts';
import type { ObjectInfo } from '../../objects/contract.ts';
import { headerText, sendable } from '../../objects/kept-headers.ts';
import type { OssAnswer } from '../answer.ts';
import { checkConditions, isRangeOfThis } from '../conditions.ts';
import { dateHeader, objectHeaders } from '../object-headers.ts';
import { noSuchKey, OssError } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import type { OperationContext } from './context.ts';

/** GetObject. */
export async function getObject(request: OssRequest, { readable }: OperationContext): Promise<OssAnswer> {
  const { key } = request;
  for (;;) {
    const info = await readable.head(key);
    if (!info) throw noSuchKey(key);
    if (checkConditions(request, info) === 'not modified') return notModified(request, info);
    const range = rangeOf(request, info);
    const opened = await readable.open(key, range);
    if (!opened) throw noSuchKey(key);
    // The object was replaced meanwhile, so the range may be of the other version: try again.
    if (opened.info.etag !== info.etag || opened.info.size !== info.size) {
      opened.stream.destroy();
      continue;
    }
    const headers = {
      ...objectHeaders(request, info, !range),
      ...overrides(request),
      'Content-Length': String(info.size),
    };
    if (!range) return { status: 200, headers, body: opened.stream };
    const length = range.end - range.start + 1;
    return {
      status: 206,
      headers: {
        ...headers,
        'Content-Length': String(length),
        'Content-Range': `bytes ${range.start}-${range.end}/${info.size}`,
      },
      body: opened.stream,
    };
  }
}

/** HeadObject. */
export async function headObject(request: OssRequest, { readable }: OperationContext): Promise<OssAnswer> {
  const info = await readable.head(request.key);
  if (!info) throw noSuchKey(request.key);
  if (checkConditions(request, info) === 'not modified') return notModified(request, info);
  return {
    status: 200,
    headers: { ...objectHeaders(request, info), ...overrides(request), 'Content-Length': String(info.size) },
  };
}

/** GetObjectMeta: what is known of the content alone. OSS answers a GET, too, with headers only. */
export async function getObjectMeta(request: OssRequest, { readable }: OperationContext): Promise<OssAnswer> {
  const info = await readable.head(request.key);
  if (!info) throw noSuchKey(request.key);
  const size = request.method === 'HEAD' ? String(info.size) : '0';
  return {
    status: 200,
    headers: { ...request.dialect.contentHeaders(info), ...dateHeader(info), 'Content-Length': size },
  };
}

function notModified({ dialect }: OssRequest, info: ObjectInfo): OssAnswer {
  const { 'cache-control': cacheControl, expires } = info.headers ?? {};
  const kept = sendable({ ...(cacheControl && { 'cache-control': cacheControl }), ...(expires && { expires }) });
  return { status: 304, headers: { ...kept, ETag: dialect.quoteEtag(info.etag), ...dateHeader(info) } };
}

/** For a range outside of the object, the answer is an error or the whole object, as the dialect has it. */
function rangeOf(request: OssRequest, info: ObjectInfo): ByteRange | undefined {
  const { headers, dialect } = request;
  const part = request.param('partNumber');
  if (part !== undefined) return partOf(part, info);
  const { size } = info;
  const text = headers.get('range');
  const range = isRangeOfThis(request, info) ? readRange(text, size) : undefined;
  if (range !== 'none') return range;
  if (!dialect.isRangeStrict(headers)) return undefined;
  throw new OssError(
    416,
    'InvalidRange',
    'The requested range cannot be satisfied.',
    { ActualObjectSize: String(size), RangeRequested: text ?? '' },
    { 'Content-Range': `bytes */${size}` },
  );
}

/** Where a client reads by parts: every object has one, however it was uploaded. */
function partOf(part: string, { size }: ObjectInfo): ByteRange | undefined {
  if (part === '1') return size === 0 ? undefined : { start: 0, end: size - 1 };
  throw new OssError(416, 'InvalidPartNumber', 'The requested partnumber is not satisfiable: objects have one part.', {
    ActualPartCount: '1',
    PartNumberRequested: part,
  });
}

const OVERRIDES = [
  ...['type', 'language', 'disposition', 'encoding'].map((name) => `content-${name}`),
  ...['cache-control', 'expires'],
];
/** The parameters that say which headers an answer is to have. */
export const RESPONSE_PARAMS = OVERRIDES.map((name) => `response-${name}`);

/** `response-content-type` and its like: headers that whoever signed the request wants in the answer. */
function overrides(request: OssRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of OVERRIDES) {
    const value = request.param(`response-${name}`);
    // Node tells a header apart by its capitals when two of them are merged here.
    if (value) headers[name === 'content-type' ? 'Content-Type' : name] = headerText(value);
  }
  return headers;
}
