import { createHash } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { XmlElement } from '@rgrove/parse-xml';
import { networkOf } from '../../common/network-of.ts';
import { type ByteRange, readRange } from '../../common/ranges.ts';
import type { ObjectInfo } from '../../objects/contract.ts';
import type { OssAnswer } from '../answer.ts';
import { unquoteEtag, xmlTime } from '../answer.ts';
import { readDocument, uploadOf } from '../body.ts';
import { conditionOfWrite } from '../conditions.ts';
import { useCopySource } from '../copy-source.ts';
import type { Part } from '../multipart/folder.ts';
import { MAX_PART_NUMBER, type Upload } from '../multipart/uploads.ts';
import { readDescription } from '../object-headers.ts';
import { invalidArgument, OssError } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import { childrenOf, malformed, readXml, textOf } from '../xml.ts';
import type { OperationContext } from './context.ts';
import { readCount, readEncoding } from './encoding.ts';
import { xmlAnswer } from './xml-answer.ts';

const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

/** A part that a client wants an object to have. */
interface WantedPart {
  number: number;
  etag: string;
}

/** InitiateMultipartUpload. */
export async function initiateUpload(
  request: OssRequest,
  { uploads, bucket, rights }: OperationContext,
  nowMs: number,
): Promise<OssAnswer> {
  const encoding = readEncoding(request);
  const { key, accessKey, address } = request;
  const upload = await uploads.begin({
    ...{ key, ...readDescription(request), initiatedMs: nowMs, accessKey, address: address && networkOf(address) },
    account: rights.account,
  });
  return xmlAnswer(request, 'InitiateMultipartUploadResult', {
    EncodingType: encoding.type,
    Bucket: bucket,
    Key: encoding.write(request.key),
    UploadId: upload.id,
  });
}

/** UploadPart. */
export async function uploadPart(request: OssRequest, { uploads, rights }: OperationContext): Promise<OssAnswer> {
  const upload = uploads.get(uploadId(request), request.key);
  const number = partNumber(request);
  const { body, announced } = uploadOf(request);
  const part = await uploads.putPart(upload, number, rights.upload(request.key, body), announced);
  return { status: 200, headers: request.dialect.partHeaders(part) };
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
  const result = { LastModified: xmlTime(part.modifiedMs), ETag: request.dialect.quoteEtag(part.md5) };
  // ali-oss looks for the ETag among the headers.
  return xmlAnswer(request, 'CopyPartResult', result, request.dialect.partHeaders(part));
}

/** CompleteMultipartUpload: the object is there, whole, or not at all. */
export async function completeUpload(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  const { store, uploads, bucket, signal } = context;
  const { key } = request;
  const encoding = readEncoding(request);
  const document = await readDocument(request, MAX_DOCUMENT_BYTES);
  const wanted = readWanted(request, document);
  const ofObject = request.payload?.ofObject;
  const onlyIf = await conditionOfWrite(request, store);
  const info = await uploads.complete(
    { id: uploadId(request), key },
    (upload) => choose(upload, wanted, request.dialect.minPartBytes),
    (content, parts, { contentType, headers, metadata }) =>
      store.write(key, until(signal, ofObject?.read(content) ?? content), {
        contentType,
        headers,
        metadata,
        size: parts.reduce((sum, { size }) => sum + size, 0),
        etag: etagOf(parts),
        checksum: ofObject?.checksum,
        onlyNew: request.dialect.isOnlyNew(request.headers),
        onlyIf,
      }),
  );
  return xmlAnswer(
    request,
    'CompleteMultipartUploadResult',
    {
      EncodingType: encoding.type,
      Location: `${request.message.socket instanceof TLSSocket ? 'https' : 'http'}://${request.headers.get('host') ?? ''}/${bucket}/${encodeURI(key)}`,
      Bucket: bucket,
      Key: encoding.write(key),
      ETag: request.dialect.quoteEtag(info.etag),
    },
    request.dialect.contentHeaders(info),
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
  return xmlAnswer(request, 'ListPartsResult', {
    EncodingType: encoding.type,
    Bucket: bucket,
    Key: encoding.write(request.key),
    UploadId: upload.id,
    StorageClass: request.dialect.storageClass,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? marker,
    MaxParts: limit,
    IsTruncated: rest.length > limit,
    Part: page.map(({ number, size, md5, modifiedMs }) => ({
      PartNumber: number,
      LastModified: xmlTime(modifiedMs),
      ETag: request.dialect.quoteEtag(md5),
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
function readWanted(request: OssRequest, document: Buffer): WantedPart[] | undefined {
  const all = request.headers.get(`${request.dialect.prefix}complete-all`)?.toLowerCase();
  if (all === 'yes' && document.length === 0) return undefined;
  const root = readXml(document.toString('utf8'), 'CompleteMultipartUpload');
  const wanted = childrenOf(root, 'Part').map(readWantedPart);
  if (wanted.length === 0 || wanted.length > MAX_PART_NUMBER) throw malformed();
  return wanted;
}

function readWantedPart(element: XmlElement): WantedPart {
  const number = Number(textOf(element, 'PartNumber') ?? Number.NaN);
  const etag = textOf(element, 'ETag');
  if (!Number.isInteger(number) || etag === undefined) throw malformed();
  return { number, etag: unquoteEtag(etag) };
}

function choose(upload: Upload, wanted: WantedPart[] | undefined, minPartBytes: number): Part[] {
  const chosen = wanted ? wanted.map(({ number, etag }) => find(upload, number, etag)) : sorted(upload);
  if (chosen.length === 0) throw new OssError(400, 'InvalidPart', 'The upload has no parts.');
  if (chosen.some(({ number }, index) => number <= (chosen[index - 1]?.number ?? 0))) {
    throw new OssError(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  const small = chosen.slice(0, -1).find(({ size }) => size < minPartBytes);
  if (!small) return chosen;
  throw new OssError(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size.', {
    MinSizeAllowed: String(minPartBytes),
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

/** The ETag of a multipart object: the MD5 of the parts' MD5s, and their number. */
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

function copyRange({ headers, dialect }: OssRequest, { size }: ObjectInfo): ByteRange | undefined {
  const name = `${dialect.prefix}copy-source-range`;
  const text = headers.get(name);
  if (text === undefined) return undefined;
  const range = readRange(text, size);
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(text.trim()) ?? [];
  // One that is cut to the object would make a part that is shorter than its client believes.
  const isWithin = last !== undefined && Number(last) < (first === '' ? size + 1 : size);
  if (range !== undefined && range !== 'none' && isWithin) return range;
  throw invalidArgument(name, text, `It must be a range of an object of ${size} bytes.`);
}
