import type { OssAnswer } from '../../answer.ts';
import type { OperationContext } from '../../operations/context.ts';
import { contents, readPage } from '../../operations/list-objects.ts';
import { OWNER } from '../../operations/owner.ts';
import { xmlAnswer } from '../../operations/xml-answer.ts';
import type { OssRequest } from '../../request.ts';

/** ListObjectVersions, as of a bucket in which there never were any: every object has one, and S3 calls it `null`. */
export async function listVersions(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  const marker = request.param('key-marker') ?? '';
  const { page, shared, encoding } = await readPage(request, context, marker);
  return xmlAnswer(request, 'ListVersionsResult', {
    ...shared,
    KeyMarker: encoding.write(marker),
    VersionIdMarker: '',
    ...(page.next !== undefined && { NextKeyMarker: encoding.write(page.next), NextVersionIdMarker: 'null' }),
    Version: page.objects.map((info) => ({
      ...contents(request.dialect, info, encoding),
      VersionId: 'null',
      IsLatest: true,
      Owner: OWNER,
    })),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encoding.write(prefix) })),
  });
}
