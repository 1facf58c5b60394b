import { addAbortSignal, type Readable } from 'node:stream';
import type { ByteRange } from '../common/ranges.ts';
import type { ObjectInfo } from '../objects/contract.ts';
import { checkConditions } from './conditions.ts';
import type { OperationContext } from './operations/context.ts';
import { invalidArgument, noSuchKey, OssError } from './oss-error.ts';
import type { OssRequest } from './request.ts';

/** The headers that name the source of a copy, and the conditions for it. */
export function copyHeaders(prefix: string): string[] {
  const conditions = ['match', 'none-match', 'modified-since', 'unmodified-since'];
  return [`${prefix}copy-source`, ...conditions.map((name) => `${prefix}copy-source-if-${name}`)];
}

export interface CopySource {
  info: ObjectInfo;
  /** All of it, or the range. */
  stream: Readable;
  range: ByteRange | undefined;
}

/**
 * Opens the object that a copy is made of, and closes it when `use` is done with it.
 *
 * @param readPart which part of it, once it is known how large it is; all of it by default
 * @throws OssError where there is none, or it is not as the client wants it
 */
export async function useCopySource<T>(
  request: OssRequest,
  { readable, bucket, signal, rights }: OperationContext,
  use: (source: CopySource) => Promise<T>,
  readPart: (info: ObjectInfo) => ByteRange | undefined = () => undefined,
): Promise<T> {
  const key = readSource(request, bucket);
  rights.checkRead(key);
  const info = await readable.head(key);
  if (!info) throw noSuchKey(key);
  if (checkConditions(request, info, `${request.dialect.prefix}copy-source-`) === 'not modified')
    throw new OssError(304, 'NotModified', 'Not Modified');
  const range = readPart(info);
  const opened = await readable.open(key, range);
  if (!opened) throw noSuchKey(key);
  try {
    if (opened.info.etag === info.etag && opened.info.size === info.size) {
      return await use({ info, stream: addAbortSignal(signal, opened.stream), range });
    }
    throw new OssError(409, 'OperationAborted', 'The source was replaced while it was being copied; try again.');
  } finally {
    // `use` may fail before it has read anything.
    opened.stream.destroy();
  }
}

/** `/bucket/key`, the key percent-encoded. */
function readSource({ headers, dialect }: OssRequest, bucket: string): string {
  const name = `${dialect.prefix}copy-source`;
  const text = headers.get(name) ?? '';
  const [, sourceBucket, encoded] = /^\/?([^/?]+)\/([^?]+)(?:\?versionId=null)?$/.exec(text) ?? [];
  if (sourceBucket === undefined || encoded === undefined) {
    throw invalidArgument(name, text, 'It must be /bucket/key, and there are no versions here.');
  }
  if (sourceBucket !== bucket) {
    throw new OssError(404, 'NoSuchBucket', 'The specified bucket does not exist.', { BucketName: sourceBucket });
  }
  try {
    return decodeURIComponent(encoded.replaceAll('+', dialect.plusInCopySource));
  } catch {
    throw invalidArgument(name, text, 'It is not UTF-8 text in percent-encoding.');
  }
}
