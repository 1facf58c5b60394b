import { freeing } from '../../objects/content/freeing.ts';
import { PositionError } from '../../objects/contract.ts';
import type { OssAnswer } from '../answer.ts';
import { announcedSize, bodyOf } from '../body.ts';
import { readContentMd5, readDescription } from '../object-headers.ts';
import { invalidArgument, notImplemented, OssError } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import type { OperationContext } from './context.ts';

/** AppendObject. */
export async function appendObject(request: OssRequest, { store, rights }: OperationContext): Promise<OssAnswer> {
  const { key, dialect } = request;
  if (!store.append) throw notImplemented('appending to objects in its store');
  const position = readPosition(request);
  const size = announcedSize(request);
  const md5 = readContentMd5(request);
  try {
    const { info } = await store.append(key, rights.upload(key, freeing(bodyOf(request))), {
      ...readDescription(request),
      ...(size !== undefined && { size }),
      ...(md5 !== undefined && { md5 }),
      position,
    });
    return { status: 200, headers: dialect.contentHeaders(info) };
  } catch (error) {
    if (!(error instanceof PositionError)) throw error;
    const next = { [`${dialect.prefix}next-append-position`]: String(error.length) };
    throw new OssError(409, 'PositionNotEqualToLength', error.message, {}, next);
  }
}

function readPosition(request: OssRequest): number {
  const text = request.param('position');
  if (text === undefined || text === '') {
    throw new OssError(400, 'MissingArgument', 'An append needs its position.', { ArgumentName: 'position' });
  }
  const position = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(position)) return position;
  throw invalidArgument('position', text, 'It must be where the object ends, in bytes.');
}
