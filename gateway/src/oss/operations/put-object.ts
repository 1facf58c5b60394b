import { freeing } from '../../objects/content/freeing.ts';
import type { OssAnswer } from '../answer.ts';
import { quoteEtag, xmlAnswer, xmlTime } from '../answer.ts';
import { announcedSize, bodyOf } from '../body.ts';
import { useCopySource } from '../copy-source.ts';
import { contentHeaders, md5Header, readContentMd5, readDescription } from '../object-headers.ts';
import { invalidArgument } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import type { OperationContext } from './context.ts';

/** PutObject. */
export async function putObject(request: OssRequest, { store, rights }: OperationContext): Promise<OssAnswer> {
  const size = announcedSize(request);
  const md5 = readContentMd5(request);
  const info = await store.write(request.key, rights.upload(request.key, freeing(bodyOf(request))), {
    ...readDescription(request),
    ...(size !== undefined && { size }),
    ...(md5 !== undefined && { md5 }),
    onlyNew: isOnlyNew(request),
  });
  return { status: 200, headers: { ...contentHeaders(info), ...md5Header(info) } };
}

/** CopyObject. */
export async function copyObject(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  const directive = (request.headers.get('x-oss-metadata-directive') ?? 'COPY').toUpperCase();
  if (directive !== 'COPY' && directive !== 'REPLACE') {
    throw invalidArgument('x-oss-metadata-directive', directive, 'It must be COPY or REPLACE.');
  }
  const info = await useCopySource(
    request,
    context,
    ({ info: { contentType, headers, metadata, size, etag }, stream }) =>
      context.store.write(request.key, context.rights.upload(request.key, stream), {
        ...(directive === 'REPLACE' ? readDescription(request) : { contentType, headers, metadata }),
        size,
        ...(etag.includes('-') && { etag }),
        onlyNew: isOnlyNew(request),
      }),
  );
  const result = { LastModified: xmlTime(info.modifiedMs), ETag: quoteEtag(info.etag) };
  return xmlAnswer('CopyObjectResult', result, contentHeaders(info));
}

/** Whether the client forbids to replace an object. */
export function isOnlyNew({ headers }: OssRequest): boolean {
  return headers.get('x-oss-forbid-overwrite')?.toLowerCase() === 'true';
}
