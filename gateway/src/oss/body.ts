import { OssError } from './oss-error.ts';
import type { OssRequest } from './request.ts';

/** The largest object that can be put whole, and the largest part, as OSS has it. */
const MAX_OBJECT_BYTES = 5 * 1024 ** 3;

/**
 * The length that a request's body is announced to have, undefined where it comes in chunks.
 * Throws OssError where that is more than one object may have.
 */
export function announcedSize({ headers }: OssRequest): number | undefined {
  const text = headers.get('content-length');
  if (text === undefined) return undefined;
  const size = Number(text);
  if (size > MAX_OBJECT_BYTES) throw tooLarge(MAX_OBJECT_BYTES);
  return size;
}

/** A request's body. Whoever stops before its end leaves the connection open, so that there can be an answer. */
export async function* bodyOf({ message, acceptBody }: OssRequest): AsyncGenerator<Uint8Array> {
  let size = 0;
  acceptBody();
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > MAX_OBJECT_BYTES) throw tooLarge(MAX_OBJECT_BYTES);
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
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): OssError {
  const message = 'Your proposed upload exceeds the maximum allowed size.';
  return new OssError(400, 'EntityTooLarge', message, { MaxSizeAllowed: String(maxBytes) });
}
