import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ByteRange, readRange } from '../common/ranges.ts';
import { checkConditions, isRangeMeant, type Version } from './conditional.ts';
import { RequestError } from './request-error.ts';

/** Says which version is given out, and that parts of it may be asked for. */
export function describeVersion(reply: FastifyReply, { etag, modifiedMs }: Version): void {
  reply
    .header('etag', `"${etag}"`)
    .header('last-modified', new Date(modifiedMs).toUTCString())
    .header('accept-ranges', 'bytes')
    .header('cache-control', 'private, no-cache');
}

/** True where the client has this version, and 304 is to be sent. Throws a RequestError where it asks for another. */
export function answerConditions(request: FastifyRequest, reply: FastifyReply, version: Version): boolean {
  const verdict = checkConditions(request.headers, version);
  if (verdict === 'failed') {
    throw new RequestError('PEER_NOT_FOUND', 'What is here is another version than the one that is asked for.', 412);
  }
  if (verdict === 'known') describeVersion(reply, version);
  return verdict === 'known';
}

/** The range that is to be sent, and says so; undefined for the whole. Throws a RequestError where no byte is in it. */
export function answerRange(
  { headers, method }: FastifyRequest,
  reply: FastifyReply,
  { size, what, ...version }: Version & { size: number; what: string },
): ByteRange | undefined {
  // A Range is for GET alone.
  const asked = method === 'GET' && isRangeMeant(headers, version) ? headers.range : undefined;
  const range = readRange(asked, size);
  if (range === 'none') {
    reply.header('content-range', `bytes */${size}`);
    throw new RequestError('PEER_MALFORMED', `The ${what} has ${size} bytes, and none of the range.`, 416);
  }
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${size}`);
  return range;
}
