import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import type { Objects } from '../objects/objects.ts';
import type { SessionContext } from '../protocols/context.ts';
import { describeUpload, takeFile, type UploadAnswer } from './object-upload.ts';
import { RequestError } from './request-error.ts';

const LIMITS = { fieldNameSize: 100, fieldSize: 4096, fields: 20, files: 100, parts: 120, headerPairs: 20 };

/**
 * Takes in the files of a form, `multipart/form-data`. Fields beside them say the same as the query does, for the files that
 * come after them.
 */
export async function takeForm(
  objects: Objects,
  context: SessionContext,
  request: FastifyRequest,
  onPiece: () => void,
): Promise<UploadAnswer[]> {
  const fields: Record<string, unknown> = { ...(request.query as object) };
  const uploads: Promise<UploadAnswer>[] = [];
  const files: Readable[] = [];
  const form = readForm(request);
  // The end of a form that is cut off is told to everyone concerned, also to those who have gone already.
  form.on('error', ignore);
  form.on('field', (name, value) => {
    fields[name] = value;
  });
  form.on('file', (_field, content, name, _encoding, contentType) => {
    content.on('error', ignore);
    files.push(content);
    const take = async (): Promise<UploadAnswer> => {
      const description = { ...describeUpload(context, name ?? '', request.ip, fields), contentType };
      return await takeFile(objects, description, content, onPiece);
    };
    const upload = take();
    // Nothing reads the rest of a form of which one file was refused.
    upload.catch((error: Error) => form.destroy(error));
    uploads.push(upload);
  });
  form.on('filesLimit', () => form.destroy(tooMany()));
  form.on('partsLimit', () => form.destroy(tooMany()));
  try {
    await pipeline(request.raw, form);
  } catch (error) {
    for (const file of files) file.destroy(error as Error);
    await Promise.allSettled(uploads);
    if (error instanceof Error && /multipart|boundary/i.test(error.message)) throw malformed(error.message);
    throw error;
  }
  const answers = await Promise.all(uploads);
  if (answers.length === 0) throw new RequestError('PEER_MALFORMED', 'There is no file in the form.');
  return answers;
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
