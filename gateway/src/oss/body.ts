import type { Announced } from '../objects/content/expectations.ts';
import { freeing } from '../objects/content/freeing.ts';
import { readContentMd5 } from './object-headers.ts';
import { OssError } from './oss-error.ts';
import type { OssRequest } from './request.ts';

/** The largest object of one PutObject, and the largest part of an upload: OSS's own limit, in bytes. */
const MAX_OBJECT_BYTES = 5 * 1024 ** 3;

/**
 * The length that a request's body is announced to have, undefined where it comes in chunks.
 * Throws OssError where that is more than one object may have.
 */
export function announcedSize({ headers, payload }: OssRequest): number | undefined {
  const length = payload?.decodedSize ?? headers.get('content-length');
  if (length === undefined) return undefined;
  const size = Number(length);
  if (size > MAX_OBJECT_BYTES) throw tooLarge(MAX_OBJECT_BYTES);
  return size;
}

/**
 * A request's body as a stream, each piece of which is valid until the next one is asked for. If the reader stops before its end, the
 * connection stays open, so that an answer can still be sent. Throws OssError at the end at the latest where it is not what was announced.
 */
export function bodyOf(request: OssRequest): AsyncGenerator<Uint8Array> {
  const body = receive(request);
  return request.payload?.read(body) ?? body;
}

/** What is uploaded, and what whoever stores it is to check: its size and digests, as far as they were announced. */
export interface UploadedBody {
  body: AsyncGenerator<Uint8Array>;
  announced: Announced;
}

/** A body that becomes an object, or a part of one. Each piece is freed once the next one is asked for. */
export function uploadOf(request: OssRequest): UploadedBody {
  const { payload } = request;
  const { sha256, crc32 } = payload ?? {};
  const announced = { size: announcedSize(request), md5: readContentMd5(request), sha256, crc32 };
  const received = receive(request);
  return { body: freeing(payload?.read(received, true) ?? received), announced };
}

async function* receive({ message, acceptBody, payload }: OssRequest): AsyncGenerator<Uint8Array> {
  // The encoding of its way here adds to it; who takes that apart counts what is within.
  const maxBytes = payload?.decodedSize === undefined ? MAX_OBJECT_BYTES : 2 * MAX_OBJECT_BYTES;
  let size = 0;
  acceptBody();
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    yield chunk as Buffer;
  }
}

/** A body that is a document, as bytes. Throws OssError where it has more than `maxBytes`. */
export async function readDocument(request: OssRequest, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyOf(request)) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): OssError {
  const message = 'Your proposed upload exceeds the maximum allowed size.';
  return new OssError(400, 'EntityTooLarge', message, { MaxSizeAllowed: String(maxBytes) });
}
