import { type ByteRange, readRange } from '../../common/ranges.ts';
import type { ObjectInfo } from '../../objects/contract.ts';
import { headerText, sendable } from '../../objects/kept-headers.ts';
import type { OssAnswer } from '../answer.ts';
import { quoteEtag } from '../answer.ts';
import { checkConditions, isRangeOfThis } from '../conditions.ts';
import { contentHeaders, dateHeader, objectHeaders } from '../object-headers.ts';
import { noSuchKey, OssError } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import type { OperationContext } from './context.ts';

/** GetObject. */
export async function getObject(request: OssRequest, { store }: OperationContext): Promise<OssAnswer> {
  const { key } = request;
  for (;;) {
    const info = await store.head(key);
    if (!info) throw noSuchKey(key);
    if (checkConditions(request, info) === 'not modified') return notModified(info);
    const range = rangeOf(request, info);
    const opened = await store.open(key, range);
    if (!opened) throw noSuchKey(key);
    // Replaced since then, so that the range may be another's: once more.
    if (opened.info.etag !== info.etag || opened.info.size !== info.size) {
      opened.stream.destroy();
      continue;
    }
    const headers = { ...objectHeaders(info), ...overrides(request), 'Content-Length': String(info.size) };
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
export async function headObject(request: OssRequest, { store }: OperationContext): Promise<OssAnswer> {
  const info = await store.head(request.key);
  if (!info) throw noSuchKey(request.key);
  if (checkConditions(request, info) === 'not modified') return notModified(info);
  return { status: 200, headers: { ...objectHeaders(info), 'Content-Length': String(info.size) } };
}

/** GetObjectMeta: what is known of the content alone. OSS answers a GET, too, with headers only. */
export async function getObjectMeta(request: OssRequest, { store }: OperationContext): Promise<OssAnswer> {
  const info = await store.head(request.key);
  if (!info) throw noSuchKey(request.key);
  const size = request.method === 'HEAD' ? String(info.size) : '0';
  return { status: 200, headers: { ...contentHeaders(info), ...dateHeader(info), 'Content-Length': size } };
}

function notModified(info: ObjectInfo): OssAnswer {
  const { 'cache-control': cacheControl, expires } = info.headers ?? {};
  const kept = sendable({ ...(cacheControl && { 'cache-control': cacheControl }), ...(expires && { expires }) });
  return { status: 304, headers: { ...kept, ETag: quoteEtag(info.etag), ...dateHeader(info) } };
}

/** OSS answers what is no range of the object with all of it, unless the client wants HTTP's own rule. */
function rangeOf(request: OssRequest, info: ObjectInfo): ByteRange | undefined {
  const { headers } = request;
  const { size } = info;
  const text = headers.get('range');
  const range = isRangeOfThis(request, info) ? readRange(text, size) : undefined;
  if (range !== 'none') return range;
  if (headers.get('x-oss-range-behavior') !== 'standard') return undefined;
  throw new OssError(
    416,
    'InvalidRange',
    'The requested range cannot be satisfied.',
    { ActualObjectSize: String(size), RangeRequested: text ?? '' },
    { 'Content-Range': `bytes */${size}` },
  );
}

const OVERRIDES = ['type', 'language', 'disposition', 'encoding'].map((name) => `content-${name}`);

/** `response-content-type` and its like: headers that whoever signed the request wants in the answer. */
function overrides(request: OssRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of [...OVERRIDES, 'cache-control', 'expires']) {
    const value = request.param(`response-${name}`);
    // Node tells a header apart by its capitals when two of them are merged here.
    if (value) headers[name === 'content-type' ? 'Content-Type' : name] = headerText(value);
  }
  return headers;
}
