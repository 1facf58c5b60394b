import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import type { Objects } from '../../objects/objects.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { RequestError } from '../request-error.ts';
import { type ComingFile, describeUpload, receiveFile, type UploadAnswer } from './upload.ts';
import { guardUpload } from './upload-guard.ts';

const LIMITS = { fieldNameSize: 100, fieldSize: 4096, fields: 20, files: 100, parts: 120, headerPairs: 20 };

/** The fields that say something of the files; others are whatever the page has beside them. */
const KNOWN = new Set(['from', 'to', 'kind', 'upload', 'sha256', 'folder']);

/**
 * Takes in the files of a form, `multipart/form-data`. Fields before them say the same as the query does. A file input that was
 * left empty is as if it were not there. The files are complete when all of the form is there, and in order.
 */
export async function takeForm(
  objects: Objects,
  context: SessionContext,
  request: FastifyRequest,
  onPiece: () => void,
): Promise<UploadAnswer[]> {
  const fields: Record<string, unknown> = { ...(request.query as object) };
  const given = new Set<string>();
  const coming: Promise<ComingFile>[] = [];
  const contents: Readable[] = [];
  const form = readForm(request);
  const refuse = (message: string): void => void form.destroy(new RequestError('PEER_MALFORMED', message));
  // The end of a form that is cut off is told to everyone concerned, also to those who have gone already.
  form.on('error', ignore);
  form.on('field', (name, value, _isNameCut, isCut) => {
    if (!KNOWN.has(name)) return;
    if (isCut) refuse(`The field "${name}" of the form is longer than ${LIMITS.fieldSize} bytes.`);
    else if (given.has(name) && fields[name] !== value) refuse(`"${name}" is there more than once.`);
    else if (coming.length > 0 && (fields[name] ?? '') !== value) {
      refuse(`The field "${name}" of the form comes after a file; put it before the files, or into the address.`);
    }
    given.add(name);
    fields[name] = value;
  });
  form.on('file', (_field, content, name, _encoding, contentType) => {
    content.on('error', ignore);
    contents.push(content);
    if (name === undefined || name === '') {
      // Browsers send an input that was left empty as a file of no bytes and without a name.
      const noName = new RequestError('PEER_BAD_NAME', 'A file of the form has no name that a file can have.');
      content.on('data', () => form.destroy(noName));
      return;
    }
    const before = { ...fields };
    const take = async (): Promise<ComingFile> => {
      const { upload, ...who } = await describeUpload(context, name, request, before);
      const isReader = (key: string): boolean => context.access.mayRead(who.principal, key);
      const guard = guardUpload(context, who, () => request.raw.destroy());
      const onBytes = (bytes: number): void => {
        onPiece();
        guard.piece(bytes);
      };
      try {
        return await receiveFile({ objects, isReader }, { ...upload, contentType }, content, onBytes);
      } finally {
        guard.end();
      }
    };
    const file = take();
    // Nothing reads the rest of a form of which one file was refused.
    file.catch((error: Error) => form.destroy(error));
    coming.push(file);
  });
  form.on('fieldsLimit', () => refuse(`A form may have ${LIMITS.fields} fields beside its files, and this has more.`));
  form.on('filesLimit', () => form.destroy(tooMany()));
  form.on('partsLimit', () => form.destroy(tooMany()));
  try {
    await pipeline(request.raw, form);
    const files = await Promise.all(coming);
    if (files.length === 0) throw new RequestError('PEER_MALFORMED', 'There is no file in the form.');
    return await Promise.all(files.map((file) => file.finish()));
  } catch (error) {
    for (const content of contents) content.destroy(error as Error);
    for (const each of await Promise.allSettled(coming)) {
      if (each.status === 'fulfilled') await each.value.giveUp();
    }
    if (error instanceof Error && /multipart|boundary/i.test(error.message)) throw malformed(error.message);
    throw error;
  }
}

function readForm(request: FastifyRequest): InstanceType<typeof Busboy> {
  try {
    return new Busboy({ headers: request.headers as BusboyHeaders, limits: LIMITS });
  } catch (error) {
    throw malformed((error as Error).message);
  }
}

function malformed(reason: string): RequestError {
  return new RequestError('PEER_MALFORMED', `The form cannot be read: ${reason}.`);
}

function tooMany(): RequestError {
  return new RequestError('PEER_TOO_MANY', `A form may have ${LIMITS.files} files; send the others in another.`);
}

function ignore(): void {}
