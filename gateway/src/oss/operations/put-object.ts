import type { OssAnswer } from '../answer.ts';
import { xmlTime } from '../answer.ts';
import { uploadOf } from '../body.ts';
import { conditionOfWrite } from '../conditions.ts';
import { useCopySource } from '../copy-source.ts';
import { readDescription } from '../object-headers.ts';
import { invalidArgument, OssError } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import type { OperationContext } from './context.ts';
import { xmlAnswer } from './xml-answer.ts';

/** PutObject. */
export async function putObject(request: OssRequest, { store, rights }: OperationContext): Promise<OssAnswer> {
  const { dialect } = request;
  const { body, announced } = uploadOf(request);
  const { size, md5, sha256, crc32 } = announced;
  const onlyIf = await conditionOfWrite(request, store);
  const info = await store.write(request.key, rights.upload(request.key, body), {
    ...readDescription(request),
    ...(size !== undefined && { size }),
    ...(md5 !== undefined && { md5 }),
    ...(sha256 !== undefined && { sha256 }),
    ...(crc32 !== undefined && { crc32 }),
    checksum: request.payload?.checksum,
    onlyNew: dialect.isOnlyNew(request.headers),
    onlyIf,
  });
  return { status: 200, headers: { ...dialect.contentHeaders(info), ...dialect.writtenHeaders(info) } };
}

/** CopyObject. */
export async function copyObject(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  const { dialect } = request;
  const name = `${dialect.prefix}metadata-directive`;
  const directive = (request.headers.get(name) ?? 'COPY').toUpperCase();
  if (directive !== 'COPY' && directive !== 'REPLACE') {
    throw invalidArgument(name, directive, 'It must be COPY or REPLACE.');
  }
  const info = await useCopySource(
    request,
    context,
    ({ info: { key, contentType, headers, metadata, size, etag, checksum }, stream }) => {
      if (key === request.key && directive === 'COPY' && !dialect.copiesInPlace) throw nothingChanged();
      return context.store.write(request.key, context.rights.upload(request.key, stream), {
        ...(directive === 'REPLACE' ? readDescription(request) : { contentType, headers, metadata }),
        size,
        ...(etag.includes('-') && { etag }),
        checksum: () => checksum,
        onlyNew: dialect.isOnlyNew(request.headers),
      });
    },
  );
  const result = { LastModified: xmlTime(info.modifiedMs), ETag: dialect.quoteEtag(info.etag) };
  return xmlAnswer(request, 'CopyObjectResult', result, dialect.contentHeaders(info));
}

function nothingChanged(): OssError {
  const message =
    'This copy request is illegal because it is trying to copy an object to itself without changing its metadata.';
  return new OssError(400, 'InvalidRequest', message);
}
