import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ObjectReader } from '../../objects/elsewhere.ts';
import { ImageError, type ImageErrorCode } from '../../objects/images/image-error.ts';
import type { Images } from '../../objects/images/images.ts';
import { type ImageOptions, parseImageOptions } from '../../objects/images/options.ts';
import { RequestError } from '../request-error.ts';
import { answerConditions, answerRange, describeVersion } from '../versions.ts';
import { inlineAs } from './content-disposition.ts';

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
 * it already, without making it. Undefined where there is no such object.
 */
export async function sendImage(
  { images, from }: { images: Images; from: ObjectReader },
  key: string,
  options: ImageOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const version = await images.version(key, options, from);
  if (version === undefined) return undefined;
  if (answerConditions(request, reply, version)) return reply.code(304).send();
  const image = await images.get(key, options, from).catch((error: unknown) => {
    throw toImageFault(error);
  });
  if (image === undefined) return undefined;
  const { bytes, contentType, width, height } = image;
  describeVersion(reply, image);
  reply
    .type(contentType)
    .header('content-disposition', inlineAs(withExtension(version.fileName, contentType)))
    .header('x-image-width', width)
    .header('x-image-height', height);
  const range = answerRange(request, reply, { ...image, size: bytes.length, what: 'image' });
  const part = range ? bytes.subarray(range.start, range.end + 1) : bytes;
  reply.header('content-length', part.length);
  return request.method === 'HEAD' ? reply.send() : reply.send(part);
}

const EXTENSIONS: Readonly<Record<string, string>> = { 'image/jpeg': '.jpg', 'image/png': '.png' };

/** The name of an image that was made of the file `name`. */
function withExtension(name: string, contentType: string): string {
  return name.replace(/\.[A-Za-z0-9]{1,16}$/, '') + (EXTENSIONS[contentType] ?? '.bin');
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
