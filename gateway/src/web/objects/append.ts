import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../access/principal.ts';
import { freeing } from '../../objects/content/freeing.ts';
import { PositionError } from '../../objects/contract.ts';
import { senderOfPrefix } from '../../objects/listing/listed-object.ts';
import type { Objects } from '../../objects/objects.ts';
import { clientPrefix } from '../../objects/uploads/object-key.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { RequestError } from '../request-error.ts';
import { identifySender } from '../sender.ts';
import { guardUpload } from './upload-guard.ts';
import { readMd5 } from './upload-part.ts';

/** What an append by HTTP is answered with. */
export interface AppendAnswer {
  key: string;
  /** Where what was appended begins in the object. */
  position: number;
  /** Where the next append goes: the length of the object. */
  next: number;
  /** CRC-64 of all of the object, decimal; undefined where its store does not tell it. */
  crc64: string | undefined;
  /** Where it can be read for a while; undefined where its sender may not read it. */
  url: string | undefined;
}

const NOBODY = 'http';
const PARAMETERS = new Set(['append', 'position', 'from']);
/** A type that says nothing: curl gives it to everything. */
const FORM = /^application\/x-www-form-urlencoded/;

/** Whether a PUT appends. */
export function isAppend({ query }: FastifyRequest): boolean {
  return (query as { append?: unknown }).append !== undefined;
}

/**
 * Takes in the body of `PUT /objects/KEY?append`, and appends it: at `position`, which must be the end, or else at the end. What is repeated at
 * the same position is answered as before, and not doubled.
 */
export async function appendBody(
  { objects, context }: { objects: Objects; context: SessionContext },
  key: string,
  request: FastifyRequest,
  reply: FastifyReply,
  onPiece: () => void,
): Promise<FastifyReply> {
  const { headers, raw } = request;
  const position = readPosition(request);
  const principal = await sender(context, key, request);
  const guard = guardUpload(context, { principal, key }, () => raw.destroy());
  const { 'content-length': length, 'content-type': contentType = '' } = headers;
  async function* body(): AsyncGenerator<Uint8Array> {
    for await (const piece of freeing(raw)) {
      onPiece();
      guard.piece(piece.length);
      yield piece;
    }
  }
  try {
    const appended = await objects.append(key, body(), {
      ...(length !== undefined && { size: Number(length) }),
      ...md5Of(request),
      ...(contentType !== '' && !FORM.test(contentType) ? { contentType } : {}),
      metadata: { name: key.split('/').at(-1) ?? key, kind: 'file', from: principal.id },
      position,
      isRepeatable: position !== undefined,
    });
    const { info } = appended;
    const answer: AppendAnswer = {
      key,
      position: appended.position,
      next: info.size,
      crc64: info.crc64,
      url: context.access.mayRead(principal, key) ? objects.links.urlOf(key) : undefined,
    };
    reply.header('upload-offset', info.size);
    return await reply.code(appended.position === 0 ? 201 : 200).send(answer);
  } catch (error) {
    if (!(error instanceof PositionError)) throw error;
    reply.header('upload-offset', error.length);
    throw new RequestError('PEER_MALFORMED', error.message, 409);
  } finally {
    guard.end();
  }
}

/** Whoever appends: the client whose the object is, or one with an account that may upload there. Rejects with a RequestError. */
async function sender(context: SessionContext, key: string, { asker, query }: FastifyRequest): Promise<Principal> {
  const { from } = query as { from?: unknown };
  if (from !== undefined && typeof from !== 'string') throw malformed('"from" is there more than once.');
  const name = from || (senderOfPrefix(key) ?? NOBODY);
  const principal = await identifySender(context, { ...asker, sender: name, field: 'from' });
  const isOwn = key.startsWith(clientPrefix(name));
  if (context.access.mayUpload(principal, key) && (isOwn || principal.account !== undefined)) return principal;
  const why = isOwn ? '' : `: without an account, only what begins with ${clientPrefix(name)}`;
  throw new RequestError('PEER_NOT_ALLOWED', `${name} may not append to this${why}.`);
}

function readPosition({ query, headers }: FastifyRequest): number | undefined {
  const unknown = Object.keys(query as object).find((name) => !PARAMETERS.has(name));
  if (unknown !== undefined) throw malformed(`An append has no "${unknown.slice(0, 40)}".`);
  if (headers['content-range'] !== undefined) throw malformed('An append has no Content-Range; say its "position".');
  const { position } = query as { position?: unknown };
  if (position === undefined) return undefined;
  const number = typeof position === 'string' && /^\d+$/.test(position) ? Number(position) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw malformed('"position" is where the object ends, in bytes.');
}

function md5Of({ headers }: FastifyRequest): { md5?: string } {
  const md5 = readMd5(headers);
  return md5 === undefined ? {} : { md5 };
}

function malformed(message: string): RequestError {
  return new RequestError('PEER_MALFORMED', message);
}
