import type { FastifyReply, FastifyRequest } from 'fastify';
import { readRange } from '../common/ranges.ts';
import { ImageError, type ImageErrorCode } from '../objects/images/image-error.ts';
import type { Images } from '../objects/images/images.ts';
import { type ImageOptions, parseImageOptions } from '../objects/images/options.ts';
import { RequestError } from './request-error.ts';

/** The request was understood, and the object cannot be made what is asked for. */
const UNPROCESSABLE = 422;

/** How a request wants an image; undefined where it wants the object as it is. Throws a RequestError. */
export function imageOptionsOf(request: FastifyRequest): ImageOptions | undefined {
  try {
    return parseImageOptions(request.query as Record<string, unknown>);
  } catch (error) {
    throw toImageFault(error);
  }
}

/**
 * Answers a GET or HEAD for the object `key` as an image with these options: whole or a range of it, or 304 where the client has
 * it already. Undefined where there is no such object.
 */
export async function sendImage(
  images: Images,
  key: string,
  options: ImageOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const image = await images.get(key, options).catch((error: unknown) => {
    throw toImageFault(error);
  });
  if (image === undefined) return undefined;
  const { bytes, contentType, width, height } = image;
  const etag = `"${image.etag}"`;
  reply
    .type(contentType)
    .header('etag', etag)
    .header('accept-ranges', 'bytes')
    .header('cache-control', 'private, no-cache')
    .header('x-content-type-options', 'nosniff')
    .header('x-image-width', width)
    .header('x-image-height', height);
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const range = readRange(request.headers.range, bytes.length);
  if (range === 'none') {
    reply.header('content-range', `bytes */${bytes.length}`);
    throw new RequestError('PEER_MALFORMED', `The image has ${bytes.length} bytes, and none of the range.`, 416);
  }
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${bytes.length}`);
  const part = range ? bytes.subarray(range.start, range.end + 1) : bytes;
  reply.header('content-length', part.length);
  return request.method === 'HEAD' ? reply.send() : reply.send(part);
}

/** What is wrong with an image as what a request is answered with; any other error as it is. */
function toImageFault(error: unknown): unknown {
  return error instanceof ImageError ? FAULTS[error.code](error.message) : error;
}

const FAULTS: Record<ImageErrorCode, (message: string) => RequestError> = {
  bad_options: (message) => new RequestError('PEER_MALFORMED', message),
  not_an_image: (message) => new RequestError('PEER_MALFORMED', message, UNPROCESSABLE),
  too_large: (message) => new RequestError('PEER_TOO_LARGE', message, UNPROCESSABLE),
  timeout: (message) => new RequestError('PEER_TOO_LARGE', message, UNPROCESSABLE),
  busy: (message) => new RequestError('PEER_TOO_MANY', message),
  unavailable: (message) => new RequestError('OBJECTS_UNAVAILABLE', message),
};
