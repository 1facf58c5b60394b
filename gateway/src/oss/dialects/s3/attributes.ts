import type { OssAnswer } from '../../answer.ts';
import { dateHeader } from '../../object-headers.ts';
import type { OperationContext } from '../../operations/context.ts';
import { xmlAnswer } from '../../operations/xml-answer.ts';
import { invalidArgument, noSuchKey } from '../../oss-error.ts';
import type { OssRequest } from '../../request.ts';
import type { XmlFields } from '../../xml.ts';
import { checksumOf } from './checksums.ts';

const NAMES = ['etag', 'checksum', 'objectparts', 'storageclass', 'objectsize'];

/** GetObjectAttributes. Objects have no parts once they are complete, so nothing is said of any. */
export async function getObjectAttributes(request: OssRequest, { readable }: OperationContext): Promise<OssAnswer> {
  const text = request.headers.get('x-amz-object-attributes') ?? '';
  const wanted = text.split(',').map((name) => name.trim().toLowerCase());
  if (!wanted.every((name) => NAMES.includes(name))) {
    throw invalidArgument('x-amz-object-attributes', text, 'Invalid attribute name specified.');
  }
  const info = await readable.head(request.key);
  if (!info) throw noSuchKey(request.key);
  const { dialect } = request;
  const checksum = checksumOf(info);
  const fields: XmlFields = {
    // Without quotes, here alone.
    ...(wanted.includes('etag') && { ETag: dialect.quoteEtag(info.etag).replaceAll('"', '') }),
    ...(wanted.includes('checksum') &&
      checksum && {
        Checksum: { [`Checksum${checksum.name.toUpperCase()}`]: checksum.value, ChecksumType: 'FULL_OBJECT' },
      }),
    ...(wanted.includes('storageclass') && { StorageClass: dialect.storageClass }),
    ...(wanted.includes('objectsize') && { ObjectSize: info.size }),
  };
  return xmlAnswer(request, 'GetObjectAttributesResponse', fields, dateHeader(info));
}
