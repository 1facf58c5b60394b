import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../access/principal.ts';
import { channelFault } from '../../common/names.ts';
import { freeing } from '../../objects/content/freeing.ts';
import { ObjectError } from '../../objects/contract.ts';
import type { Objects } from '../../objects/objects.ts';
import { folderKey, objectKey, partKey } from '../../objects/uploads/object-key.ts';
import type { UploadRequest } from '../../objects/uploads/record.ts';
import type { Accepted, Upload } from '../../objects/uploads/upload.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { RequestError } from '../request-error.ts';
import { identifySender } from '../sender.ts';
import { guardUpload } from './upload-guard.ts';
import { readMd5, readPart, takePart } from './upload-part.ts';

/** What an upload by HTTP is answered with. */
export interface UploadAnswer {
  key: string;
  size: number;
  sha256: string;
  /** Where it can be read for a while; undefined where its sender may not read it. */
  url: string | undefined;
}

/** What says of an upload what it is, in the query of its address or in the fields of a form. */
export type UploadFields = Readonly<Record<string, unknown>>;

/** The sender of what has none. */
const NOBODY = 'http';
/** A type that says nothing: curl gives it to everything. */
const FORM = /^application\/x-www-form-urlencoded/;
const TOKEN = /^[\w.~-]{1,128}$/;

/** Takes in the body of a PUT: all of an object, or with a Content-Range a part of it. */
export async function takeBody(
  { objects, context }: { objects: Objects; context: SessionContext },
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
  onPiece: () => void,
): Promise<FastifyReply> {
  const { headers, raw } = request;
  const part = readPart(headers);
  const fields = request.query as UploadFields;
  const name = textOf(fields, 'name');
  const { upload: described, ...who } = await describeUpload(context, path || name || '', request, fields);
  if (name !== undefined) described.name = name;
  const isReader = (key: string): boolean => context.access.mayRead(who.principal, key);
  const { 'content-length': length, 'content-type': contentType = '' } = headers;
  const size = part ? part.size : length === undefined ? undefined : Number(length);
  if (part && described.token === undefined) {
    throw new RequestError(
      'PEER_MALFORMED',
      'An upload in parts needs a name of your own choice, the same for each part: add "upload=NAME" to the address.',
    );
  }
  const begun = await objects.uploads.begin(
    {
      ...described,
      size,
      ...(contentType !== '' && !FORM.test(contentType) ? { contentType } : {}),
      ...(part ? { inParts: true } : { md5: readMd5(headers) }),
    },
    { gathers: true },
  );
  if ('accepted' in begun) {
    raw.resume();
    return created(answerOf(objects, begun.accepted, isReader), reply);
  }
  const { upload } = begun;
  const guard = guardUpload(context, who, () => raw.destroy());
  const take = (bytes: number): void => {
    onPiece();
    guard.piece(bytes);
  };
  try {
    const body = freeing(raw);
    if (part && (await takePart(upload, part, body, take)) === 'elsewhere') {
      await upload.suspend();
      return await told(reply.code(409), upload, 'PEER_MALFORMED');
    }
    if (!part) {
      await upload.truncate(0);
      await append(upload, body, take);
    }
    if (!part || (part.size !== undefined && upload.offset === part.size)) {
      return created(answerOf(objects, await upload.finish(), isReader), reply);
    }
  } catch (error) {
    await (isHopeless(error) ? upload.discard() : upload.suspend());
    throw error;
  } finally {
    guard.end();
  }
  await upload.suspend();
  return await told(reply.code(202), upload);
}

/** A file of a form whose content is here, and that is not accepted yet. */
export interface ComingFile {
  finish(): Promise<UploadAnswer>;
  /** Nothing is left of it, unless it was accepted. */
  giveUp(): Promise<void>;
}

/** Takes in the content of one file of a form. */
export async function receiveFile(
  { objects, isReader }: { objects: Objects; isReader: (key: string) => boolean },
  description: UploadRequest,
  content: Readable,
  onPiece: (bytes: number) => void,
): Promise<ComingFile> {
  const begun = await objects.uploads.begin(description, { gathers: true });
  if ('accepted' in begun) {
    content.resume();
    return { finish: async () => answerOf(objects, begun.accepted, isReader), giveUp: async () => {} };
  }
  const { upload } = begun;
  const giveUp = (): Promise<void> => upload.suspend();
  try {
    if (upload.offset > 0) await upload.truncate(0);
    await append(upload, content, onPiece);
    return { finish: async () => answerOf(objects, await upload.finish(), isReader), giveUp };
  } catch (error) {
    await (isHopeless(error) ? upload.discard() : upload.suspend());
    throw error;
  }
}

/** What a request says of an upload, and by whom it is guarded. */
export interface DescribedUpload {
  upload: UploadRequest;
  principal: Principal;
  /** Its key, or one that differs from it only in what makes it unique. */
  key: string;
}

/**
 * What a request says of an upload, who sends it, and the key that it gets, but for what makes that unique. Rejects with a RequestError
 * where it says it wrongly, or its sender may not send or upload.
 */
export async function describeUpload(
  context: SessionContext,
  name: string,
  { asker, ip: address }: FastifyRequest,
  fields: UploadFields,
): Promise<DescribedUpload> {
  const sender = textOf(fields, 'from') ?? NOBODY;
  const named = textOf(fields, 'to');
  const kind = textOf(fields, 'kind') ?? 'file';
  const token = textOf(fields, 'upload');
  const sha256 = textOf(fields, 'sha256');
  if (kind !== 'file' && kind !== 'image' && kind !== 'folder') {
    throw new RequestError('PEER_MALFORMED', `An upload is of kind file, image or folder, not ${kind.slice(0, 40)}.`);
  }
  if (token !== undefined && !TOKEN.test(token)) {
    throw new RequestError('PEER_MALFORMED', '"upload" is 1 to 128 letters, digits and any of ._~-.');
  }
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new RequestError('PEER_MALFORMED', '"sha256" is 64 hex digits.');
  }
  const principal = await identifySender(context, { ...asker, sender, field: 'from' });
  const { id: from } = principal;
  const to = named === undefined ? undefined : principal.outward(named);
  const fault = to === undefined ? undefined : channelFault(to);
  if (fault !== undefined) throw new RequestError('PEER_BAD_NAME', `That "to" cannot be used: ${fault}.`);
  if (to !== undefined && !context.access.maySend(principal, to)) {
    throw new RequestError('PEER_NOT_ALLOWED', `${whoIs(from)} may not send to ${to}.`);
  }
  const { account } = principal;
  const checked = (upload: UploadRequest): DescribedUpload => {
    const key = upload.key ?? objectKey(from, name, 0, '00000000');
    if (context.access.mayUpload(principal, key)) return { upload, principal, key };
    throw new RequestError('PEER_NOT_ALLOWED', `${whoIs(from)} may not upload ${upload.key ?? 'this'}.`);
  };
  const folder = textOf(fields, 'folder');
  if (folder === undefined && kind !== 'folder') {
    return checked({ from, account, address, name, kind, to, token, sha256 });
  }
  const key = folderKey(from, folder ?? '');
  if (key === undefined) {
    throw new RequestError('PEER_MALFORMED', '"folder" is "<milliseconds>_<8 hex digits>_folder".');
  }
  if (kind === 'folder') return checked({ from, account, address, name, kind, to, token, sha256, key });
  if (to !== undefined) {
    const what = 'The files of a folder have no "to"';
    throw new RequestError('PEER_MALFORMED', `${what}: when all are there, put the folder with "kind=folder".`);
  }
  return checked({ from, account, address, name, kind, token, sha256, key: partKey(key, name) });
}

function textOf(fields: UploadFields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new RequestError('PEER_MALFORMED', `"${name}" is there more than once.`);
}

/** More came than there may be: nothing that comes later mends that. */
function isHopeless(error: unknown): boolean {
  return error instanceof ObjectError && (error.code === 'too_large' || error.code === 'wrong_size');
}

async function append(
  upload: Upload,
  content: AsyncIterable<Uint8Array>,
  onPiece: (bytes: number) => void,
): Promise<void> {
  for await (const piece of content) {
    onPiece(piece.length);
    await upload.append(piece);
  }
}

function created(answer: UploadAnswer, reply: FastifyReply): FastifyReply {
  if (answer.url !== undefined) reply.header('location', answer.url);
  return reply.code(201).send(answer);
}

/** `isReader`: whether the sender may read the object, and so have an address to read it at. */
function answerOf(objects: Objects, { key, size, sha256 }: Accepted, isReader: (key: string) => boolean): UploadAnswer {
  return { key, size, sha256, url: isReader(key) ? objects.links.urlOf(key) : undefined };
}

/** Says from where an upload goes on. */
function told(reply: FastifyReply, { offset }: Upload, code?: 'PEER_MALFORMED'): FastifyReply {
  reply.header('upload-offset', offset);
  const message = `The parts before this one have ${offset} bytes; go on there.`;
  return reply.send(code ? { error: { code, message }, offset } : { offset });
}

/** Who sends, as an answer calls it. */
function whoIs(from: string): string {
  return from === NOBODY ? 'You' : from;
}
