import { createHash } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { XmlElement } from '@rgrove/parse-xml';
import { type ByteRange, readRange } from '../../common/ranges.ts';
import { freeing } from '../../objects/content/freeing.ts';
import type { ObjectInfo } from '../../objects/contract.ts';
import type { OssAnswer } from '../answer.ts';
import { quoteEtag, unquoteEtag, xmlAnswer, xmlTime } from '../answer.ts';
import { announcedSize, bodyOf, readDocument } from '../body.ts';
import { useCopySource } from '../copy-source.ts';
import type { Part } from '../multipart/folder.ts';
import { MAX_PART_NUMBER, type Upload } from '../multipart/uploads.ts';
import { contentHeaders, readContentMd5, readDescription } from '../object-headers.ts';
import { invalidArgument, OssError } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import { childrenOf, malformed, readXml, textOf } from '../xml.ts';
import type { OperationContext } from './context.ts';
import { readCount, readEncoding } from './encoding.ts';
import { isOnlyNew } from './put-object.ts';

/** As OSS has it: all parts but the last. */
const MIN_PART_BYTES = 100 * 1024;
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

/** InitiateMultipartUpload. */
export async function initiateUpload(
  request: OssRequest,
  { uploads, bucket, rights }: OperationContext,
  nowMs: number,
): Promise<OssAnswer> {
  const encoding = readEncoding(request);
  const { key, accessKey, address } = request;
  const upload = await uploads.begin({
    ...{ key, ...readDescription(request), initiatedMs: nowMs, accessKey, address },
    account: rights.account,
  });
  return xmlAnswer('InitiateMultipartUploadResult', {
    EncodingType: encoding.type,
    Bucket: bucket,
    Key: encoding.write(request.key),
    UploadId: upload.id,
  });
}

/** UploadPart. */
export async function uploadPart(request: OssRequest, { uploads, rights }: OperationContext): Promise<OssAnswer> {
  const upload = uploads.get(uploadId(request), request.key);
  const announced = { size: announcedSize(request), md5: readContentMd5(request) };
  const body = rights.upload(request.key, freeing(bodyOf(request)));
  const part = await uploads.putPart(upload, partNumber(request), body, announced);
  const headers = {
    ETag: quoteEtag(part.md5),
    'Content-MD5': Buffer.from(part.md5, 'hex').toString('base64'),
    'x-oss-hash-crc64ecma': part.crc64,
  };
  return { status: 200, headers };
}

/** UploadPartCopy: a part that is an object of the bucket, or a range of one. */
export async function uploadPartCopy(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  const upload = context.uploads.get(uploadId(request), request.key);
  const number = partNumber(request);
  const part = await useCopySource(
    request,
    context,
    ({ info, stream, range }) =>
      context.uploads.putPart(upload, number, context.rights.upload(request.key, stream), {
        size: range ? range.end - range.start + 1 : info.size,
      }),
    (info) => copyRange(request, info),
  );
  const result = { LastModified: xmlTime(part.modifiedMs), ETag: quoteEtag(part.md5) };
  // ali-oss looks for the ETag among the headers.
  return xmlAnswer('CopyPartResult', result, { ETag: result.ETag, 'x-oss-hash-crc64ecma': part.crc64 });
}

/** CompleteMultipartUpload: the object is there, whole, or not at all. */
export async function completeUpload(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  const { store, uploads, bucket, signal } = context;
  const { key } = request;
  const encoding = readEncoding(request);
  const document = await readDocument(request, MAX_DOCUMENT_BYTES);
  const wanted = readWanted(request, document);
  const info = await uploads.complete(
    { id: uploadId(request), key },
    (upload) => choose(upload, wanted),
    (content, parts, { contentType, headers, metadata }) =>
      store.write(key, until(signal, content), {
        contentType,
        headers,
        metadata,
        size: parts.reduce((sum, { size }) => sum + size, 0),
        etag: etagOf(parts),
        onlyNew: isOnlyNew(request),
      }),
  );
  return xmlAnswer(
    'CompleteMultipartUploadResult',
    {
      EncodingType: encoding.type,
      Location: `${request.message.socket instanceof TLSSocket ? 'https' : 'http'}://${request.headers.get('host') ?? ''}/${bucket}/${encodeURI(key)}`,
      Bucket: bucket,
      Key: encoding.write(key),
      ETag: quoteEtag(info.etag),
    },
    contentHeaders(info),
  );
}

/** AbortMultipartUpload. */
export async function abortUpload(request: OssRequest, { uploads }: OperationContext): Promise<OssAnswer> {
  await uploads.abort(uploadId(request), request.key);
  return { status: 204 };
}

/** ListParts. */
export function listParts(request: OssRequest, { uploads, bucket }: OperationContext): OssAnswer {
  const encoding = readEncoding(request);
  const upload = uploads.get(uploadId(request), request.key);
  const limit = readCount(request, 'max-parts', { standard: 1000, most: 1000 });
  const marker = readCount(request, 'part-number-marker', { standard: 0, least: 0, most: MAX_PART_NUMBER });
  const rest = sorted(upload).filter(({ number }) => number > marker);
  const page = rest.slice(0, limit);
  return xmlAnswer('ListPartsResult', {
    EncodingType: encoding.type,
    Bucket: bucket,
    Key: encoding.write(request.key),
    UploadId: upload.id,
    StorageClass: 'Standard',
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? marker,
    MaxParts: limit,
    IsTruncated: rest.length > limit,
    Part: page.map(({ number, size, md5, modifiedMs }) => ({
      PartNumber: number,
      LastModified: xmlTime(modifiedMs),
      ETag: quoteEtag(md5),
      Size: size,
    })),
  });
}

async function* until(signal: AbortSignal, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    signal.throwIfAborted();
    yield chunk;
  }
}

/** The parts that a client wants the object to have; undefined for all there are. */
function readWanted(request: OssRequest, document: Buffer): { number: number; etag: string }[] | undefined {
  const all = request.headers.get('x-oss-complete-all')?.toLowerCase();
  if (all === 'yes' && document.length === 0) return undefined;
  const root = readXml(document.toString('utf8'), 'CompleteMultipartUpload');
  const wanted = childrenOf(root, 'Part').map(readWantedPart);
  if (wanted.length === 0 || wanted.length > MAX_PART_NUMBER) throw malformed();
  return wanted;
}

function readWantedPart(element: XmlElement): { number: number; etag: string } {
  const number = Number(textOf(element, 'PartNumber') ?? Number.NaN);
  const etag = textOf(element, 'ETag');
  if (!Number.isInteger(number) || etag === undefined) throw malformed();
  return { number, etag: unquoteEtag(etag) };
}

function choose(upload: Upload, wanted: { number: number; etag: string }[] | undefined): Part[] {
  const chosen = wanted ? wanted.map(({ number, etag }) => find(upload, number, etag)) : sorted(upload);
  if (chosen.length === 0) throw new OssError(400, 'InvalidPart', 'The upload has no parts.');
  if (chosen.some(({ number }, index) => number <= (chosen[index - 1]?.number ?? 0))) {
    throw new OssError(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  const small = chosen.slice(0, -1).find(({ size }) => size < MIN_PART_BYTES);
  if (!small) return chosen;
  throw new OssError(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size.', {
    MinSizeAllowed: String(MIN_PART_BYTES),
    ProposedSize: String(small.size),
    PartNumber: String(small.number),
  });
}

function find({ parts }: Upload, number: number, etag: string): Part {
  const part = parts.get(number);
  if (part?.md5 === etag) return part;
  const message = 'One or more of the specified parts could not be found, or its ETag is another.';
  throw new OssError(400, 'InvalidPart', message, { PartNumber: String(number), Etag: etag });
}

/** The digest of the parts' digests, and how many there are, as OSS and others have it. */
function etagOf(parts: readonly Part[]): string {
  const digest = createHash('md5');
  for (const { md5 } of parts) digest.update(Buffer.from(md5, 'hex'));
  return `${digest.digest('hex')}-${parts.length}`;
}

function sorted({ parts }: Upload): Part[] {
  return [...parts.values()].sort((one, other) => one.number - other.number);
}

function uploadId(request: OssRequest): string {
  return request.param('uploadId') ?? '';
}

function partNumber(request: OssRequest): number {
  const text = request.param('partNumber') ?? '';
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MAX_PART_NUMBER) return number;
  throw invalidArgument('partNumber', text, `Part number must be an integer between 1 and ${MAX_PART_NUMBER}.`);
}

function copyRange({ headers }: OssRequest, { size }: ObjectInfo): ByteRange | undefined {
  const text = headers.get('x-oss-copy-source-range');
  if (text === undefined) return undefined;
  const range = readRange(text, size);
  if (range !== undefined && range !== 'none') return range;
  throw invalidArgument('x-oss-copy-source-range', text, `It must be a range of an object of ${size} bytes.`);
}
