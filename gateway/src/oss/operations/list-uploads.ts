import type { OssAnswer } from '../answer.ts';
import { xmlTime } from '../answer.ts';
import type { Upload } from '../multipart/uploads.ts';
import type { OssRequest } from '../request.ts';
import type { OperationContext } from './context.ts';
import { readCount, readEncoding } from './encoding.ts';
import { xmlAnswer } from './xml-answer.ts';

/** An upload, or the prefix that stands for several. */
type Entry = { upload: Upload } | { prefix: string };

/** The parameters of a list of uploads. */
export const UPLOADS_PARAMS = [
  ...['prefix', 'delimiter', 'encoding-type'],
  ...['key-marker', 'upload-id-marker', 'max-uploads'],
];

/** ListMultipartUploads: what was begun and is neither complete nor aborted. */
export function listUploads(request: OssRequest, { uploads, bucket, rights }: OperationContext): OssAnswer {
  const encoding = readEncoding(request);
  const limit = readCount(request, 'max-uploads', { standard: 1000, most: 1000 });
  const prefix = request.param('prefix') ?? '';
  const delimiter = request.param('delimiter') ?? '';
  const keyMarker = request.param('key-marker') ?? '';
  const idMarker = request.param('upload-id-marker') ?? '';
  const wanted = uploads
    .list()
    .filter((upload) => rights.owns(upload) && rights.mayUpload(upload.key))
    .filter(({ key, id }) => key.startsWith(prefix) && isAfter({ key, id }, keyMarker, idMarker));
  const entries = grouped(wanted, prefix, delimiter).filter(
    (entry) => !('prefix' in entry) || entry.prefix !== keyMarker,
  );
  const page = entries.slice(0, limit);
  const last = page.at(-1);
  const isTruncated = entries.length > limit && last !== undefined;
  return xmlAnswer(request, 'ListMultipartUploadsResult', {
    EncodingType: encoding.type,
    Bucket: bucket,
    KeyMarker: encoding.write(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: isTruncated ? encoding.write('prefix' in last ? last.prefix : last.upload.key) : '',
    NextUploadIdMarker: isTruncated && 'upload' in last ? last.upload.id : '',
    Delimiter: encoding.write(delimiter),
    Prefix: encoding.write(prefix),
    MaxUploads: limit,
    IsTruncated: isTruncated,
    Upload: page.flatMap((entry) =>
      'upload' in entry
        ? [
            {
              Key: encoding.write(entry.upload.key),
              UploadId: entry.upload.id,
              StorageClass: request.dialect.storageClass,
              Initiated: xmlTime(entry.upload.initiatedMs),
            },
          ]
        : [],
    ),
    CommonPrefixes: page.flatMap((entry) => ('prefix' in entry ? [{ Prefix: encoding.write(entry.prefix) }] : [])),
  });
}

/** Keys after the marker; with an id, also the marker's own key with later ids. */
function isAfter({ key, id }: Pick<Upload, 'key' | 'id'>, keyMarker: string, idMarker: string): boolean {
  if (keyMarker === '') return true;
  const order = Buffer.compare(Buffer.from(key), Buffer.from(keyMarker));
  return order > 0 || (order === 0 && idMarker !== '' && id > idMarker);
}

function grouped(uploads: readonly Upload[], prefix: string, delimiter: string): Entry[] {
  const seen = new Set<string>();
  return uploads.flatMap((upload): Entry[] => {
    const end = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length);
    if (end < 0) return [{ upload }];
    const common = upload.key.slice(0, end + delimiter.length);
    if (seen.has(common)) return [];
    seen.add(common);
    return [{ prefix: common }];
  });
}
