import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../access/principal.ts';
import { isLoopback } from '../../common/loopback.ts';
import { addressOf } from '../../common/peer-address.ts';
import type { ObjectInfo } from '../../objects/contract.ts';
import { type ObjectReader, type ReadFor, TRUSTED } from '../../objects/elsewhere.ts';
import { nameOfObject } from '../../objects/file-name.ts';
import { sendable } from '../../objects/kept-headers.ts';
import type { Objects } from '../../objects/objects.ts';
import { folderOf } from '../../objects/uploads/object-key.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { identify } from '../identify.ts';
import { RequestError } from '../request-error.ts';
import { answerConditions, answerRange, describeVersion } from '../versions.ts';
import { inlineAs } from './content-disposition.ts';

/** What an object brings along must not act with the rights of the gateway's own pages. */
const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; sandbox";

/** An object may grow between two looks at it, but hardly each time. */
const MAX_TRIES = 10;

/** Answers a GET or HEAD for the object `key`: whole or a range of it, or 304 where the client has it already. */
export async function sendObject(
  from: ObjectReader,
  key: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  for (let tries = 1; ; tries++) {
    const info = await from.head(key);
    if (!info) throw noSuchObject(key);
    describe(info, reply);
    if (answerConditions(request, reply, info)) return reply.code(304).send();
    const range = answerRange(request, reply, { ...info, what: 'object' });
    const length = range ? range.end - range.start + 1 : info.size;
    reply.header('content-length', length);
    if (request.method === 'HEAD') return reply.send();
    const opened = await from.open(key, range);
    if (!opened) throw noSuchObject(key);
    if (opened.info.etag === info.etag) {
      const { raw } = reply;
      const { stream } = opened;
      // However its answer ends, and where its reader is gone before one begins.
      if (raw.destroyed) stream.destroy();
      else raw.once('close', () => stream.destroy());
      // What is small is checked whole before its first piece comes, so that damage can still be told.
      await beginning(stream);
      return raw.destroyed ? reply.hijack() : reply.send(stream);
    }
    // It was replaced by another in between, or something was appended.
    opened.stream.destroy();
    if (!info.isAppendable || tries === MAX_TRIES) {
      throw new RequestError('PEER_TOO_MANY', 'The object was just replaced; ask again.');
    }
  }
}

/** Waits for the first piece of a stream, its end or its being closed; rejects where it fails before. */
function beginning(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error): void => {
      stream.off('readable', end);
      stream.off('error', end);
      stream.off('close', end);
      if (error) reject(error);
      else resolve();
    };
    stream.on('error', end);
    stream.on('readable', end);
    stream.on('close', end);
  });
}

const LISTED = 1000;

/**
 * The objects of a folder, `{"objects": [{"key", "fileName", "size", "contentType", "url"}], "next"?}`; `next` is what to give as `after` for
 * more. Whoever may read a folder may read what is in it; there is no list of folders.
 */
export async function listFolder(objects: Objects, context: SessionContext, request: FastifyRequest): Promise<object> {
  const { prefix, after } = request.query as { prefix?: unknown; after?: unknown };
  if (
    typeof prefix !== 'string' ||
    folderOf(prefix) === undefined ||
    (after !== undefined && typeof after !== 'string')
  ) {
    throw new RequestError('PEER_MALFORMED', 'The "prefix" is the key of a folder, cross_comm/CLIENT/…_folder/.');
  }
  const reader = await checkMayRead(objects, context, prefix, request);
  const options = { prefix, limit: LISTED, ...(after === undefined ? {} : { after }) };
  const page = await objects.readFor(readFor(reader)).list(options);
  const isRead = ({ key }: ObjectInfo): boolean => reader === undefined || context.access.mayRead(reader, key);
  const listed = page.objects.filter(isRead).map(({ key, size, contentType, ...info }) => ({
    key,
    fileName: nameOfObject({ key, ...info }),
    size,
    contentType,
    url: objects.links.urlOf(key, originOf(request)),
  }));
  return { objects: listed, ...(page.next === undefined ? {} : { next: page.next }) };
}

/** What the address begins with by which a request has reached the gateway; undefined where it names no host. */
export function originOf({ protocol, headers: { host } }: FastifyRequest): string | undefined {
  return host === undefined ? undefined : `${protocol}://${host}`;
}

/**
 * Who may read an object or a folder: whoever has its signed address, and whoever may without, which is returned. Rejects with a RequestError
 * else.
 */
export async function checkMayRead(
  objects: Objects,
  context: SessionContext,
  key: string,
  request: FastifyRequest,
): Promise<Principal | undefined> {
  const { expires, signature } = request.query as { expires?: unknown; signature?: unknown };
  if (signature === undefined) {
    const reader = await identify(context, request.asker);
    if (context.access.mayRead(reader, key)) return reader;
    throw new RequestError('PEER_NOT_ALLOWED', 'This is read by the whole address that its recipients got.');
  }
  const isText = typeof expires === 'string' && typeof signature === 'string';
  const verdict = isText ? objects.links.check(key, { expires, signature }) : 'wrong';
  if (verdict === 'expired') throw new RequestError('PEER_NOT_ALLOWED', 'The address has expired.');
  if (verdict === 'wrong') throw new RequestError('PEER_NOT_ALLOWED', 'The signature of the address is not right.');
  return undefined;
}

/** For whom an object is read: this reader, or whoever has its signed address. */
export function readFor(reader: Principal | undefined): ReadFor {
  return reader === undefined || reader.proof === 'operator'
    ? TRUSTED
    : { account: reader.account, isLocal: isLoopback(addressOf(reader.peer)) };
}

function describe(info: ObjectInfo, reply: FastifyReply): void {
  describeVersion(reply, info);
  reply
    .type(info.contentType)
    .header('content-disposition', inlineAs(nameOfObject(info)))
    .header('content-security-policy', SANDBOX)
    .headers(sendable(info.headers));
}

function noSuchObject(key: string): RequestError {
  return new RequestError('PEER_NOT_FOUND', `There is no object ${key.slice(0, 200)}.`);
}
