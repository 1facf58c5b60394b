import type { ObjectInfo, ObjectPage } from '../../objects/contract.ts';
import type { OssAnswer } from '../answer.ts';
import { xmlTime } from '../answer.ts';
import type { Dialect } from '../dialects/contract.ts';
import { invalidArgument } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import type { XmlFields } from '../xml.ts';
import type { OperationContext } from './context.ts';
import { type KeyEncoding, readCount, readEncoding } from './encoding.ts';
import { OWNER } from './owner.ts';
import { readablePage } from './readable-page.ts';
import { xmlAnswer } from './xml-answer.ts';

/** The parameters of every list of objects. */
export const LIST_PARAMS = ['prefix', 'delimiter', 'encoding-type', 'max-keys'];

/** ListObjects, also called GetBucket. */
export async function listObjects(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  const marker = request.param('marker') ?? '';
  const { page, shared, encoding } = await readPage(request, context, marker);
  return xmlAnswer(request, 'ListBucketResult', {
    ...shared,
    Marker: encoding.write(marker),
    NextMarker: page.next === undefined ? undefined : encoding.write(page.next),
    ...entries(request, page, encoding, true),
  });
}

/** ListObjectsV2. */
async function listObjectsV2(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  const token = request.param('continuation-token') ?? '';
  const startAfter = request.param('start-after') ?? '';
  const { page, shared, encoding } = await readPage(request, context, token === '' ? startAfter : fromToken(token));
  return xmlAnswer(request, 'ListBucketResult', {
    ...shared,
    StartAfter: startAfter === '' ? undefined : encoding.write(startAfter),
    ContinuationToken: token === '' ? undefined : token,
    NextContinuationToken: page.next === undefined ? undefined : toToken(page.next),
    KeyCount: page.objects.length + page.prefixes.length,
    ...entries(request, page, encoding, request.param('fetch-owner') === 'true'),
  });
}

/** The list that `list-type` names. */
export async function listObjectsOfType(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  const type = request.param('list-type') ?? '';
  if (type === '2') return await listObjectsV2(request, context);
  throw invalidArgument('list-type', type, 'It must be 2, or left out for the first version of lists.');
}

const NOTHING: ObjectPage = { objects: [], prefixes: [] };

/** A page of the objects that may be read, and what every form of list says of it; `after` is as in `ListOptions`. */
export async function readPage(
  request: OssRequest,
  { readable, bucket, rights }: OperationContext,
  after: string,
): Promise<{ page: ObjectPage; shared: XmlFields; encoding: KeyEncoding }> {
  const encoding = readEncoding(request);
  const limit = readCount(request, 'max-keys', request.dialect.maxKeys);
  const prefix = request.param('prefix') ?? '';
  const delimiter = request.param('delimiter') ?? '';
  // Without groups, what is outside of the prefix of the key need not even be looked at.
  const looked = delimiter === '' && rights.prefix.startsWith(prefix) ? rights.prefix : prefix;
  // So a client asks whether it may list at all.
  const page =
    limit === 0
      ? NOTHING
      : await readablePage(readable, rights, {
          limit,
          ...(looked !== '' && { prefix: looked }),
          ...(delimiter !== '' && { delimiter }),
          ...(after !== '' && { after }),
        });
  const shared = {
    Name: bucket,
    Prefix: encoding.write(prefix),
    MaxKeys: limit,
    Delimiter: encoding.write(delimiter),
    EncodingType: encoding.type,
    IsTruncated: page.next !== undefined,
  };
  return { page, shared, encoding };
}

function entries(
  { dialect }: OssRequest,
  { objects, prefixes }: ObjectPage,
  encoding: KeyEncoding,
  withOwner: boolean,
): XmlFields {
  return {
    Contents: objects.map((info) => ({ ...contents(dialect, info, encoding), ...(withOwner && { Owner: OWNER }) })),
    CommonPrefixes: prefixes.map((prefix) => ({ Prefix: encoding.write(prefix) })),
  };
}

/** What a list says of an object. */
export function contents(dialect: Dialect, info: ObjectInfo, encoding: KeyEncoding): XmlFields {
  const { key, modifiedMs, etag, size } = info;
  return {
    Key: encoding.write(key),
    LastModified: xmlTime(modifiedMs),
    ETag: dialect.quoteEtag(etag),
    ...dialect.listed(info),
    Size: size,
    StorageClass: dialect.storageClass,
  };
}

/** A token is of no meaning to a client; this one is of letters, digits, `-` and `_` only. */
function toToken(next: string): string {
  return Buffer.from(next).toString('base64url');
}

function fromToken(token: string): string {
  const bytes = Buffer.from(token, 'base64url');
  const text = bytes.toString('utf8');
  if (bytes.length > 0 && toToken(text) === token) return text;
  throw invalidArgument('continuation-token', token, 'It must be one that an answer had.');
}
