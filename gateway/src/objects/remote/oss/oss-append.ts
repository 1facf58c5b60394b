import { Readable } from 'node:stream';
import type { ByteRange } from '../../../common/ranges.ts';
import { checkAppend } from '../../append-checks.ts';
import { CRC64_XZ, Crc } from '../../content/crc.ts';
import { type Appended, type AppendOptions, ObjectError, type ObjectInfo, PositionError } from '../../contract.ts';
import type { OssClient } from './oss-client.ts';
import { toObjectFault } from './oss-faults.ts';

export interface AppendParts {
  client: OssClient;
  head(key: string): Promise<ObjectInfo | undefined>;
  open(key: string, range: ByteRange): Promise<{ stream: Readable } | undefined>;
}

const DEFAULT_TYPE = 'application/octet-stream';

/**
 * Appends to an object in OSS, by OSS's own operation, as the body comes. Others may append there at the same time: OSS takes only what goes
 * to the end. Throws as `ObjectStore.append`.
 */
export async function appendToOss(
  { client, head, open }: AppendParts,
  key: string,
  body: AsyncIterable<Uint8Array>,
  options: AppendOptions,
): Promise<Appended> {
  const before = await head(key);
  const { size } = options;
  if (before && checkAppend(key, before, size ?? 0, options) === 'before the end') {
    const { position = 0 } = options;
    const opened = await open(key, { start: position, end: before.size - 1 });
    if (opened && (await isBeginning(body, opened.stream))) return { info: before, position };
    throw new PositionError(key, position, before.size);
  }
  if (!before) checkAppend(key, undefined, size ?? 0, options);
  const position = before?.size ?? 0;
  const crc = new Crc(CRC64_XZ, BigInt(before?.crc64 ?? 0));
  const { contentType = DEFAULT_TYPE, headers = {}, metadata = {}, md5 } = options;
  let fault: unknown;
  async function* counted(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of body) {
        crc.update(piece);
        yield Buffer.from(piece);
      }
    } catch (error) {
      fault = error;
      throw error;
    }
  }
  try {
    await client.putStream(key, Readable.from(counted()), {
      method: 'POST',
      subres: { append: '', position: String(position) },
      ...(size !== undefined && { contentLength: size }),
      mime: contentType,
      meta: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, encodeURIComponent(value)])),
      headers: {
        ...headers,
        ...(md5 !== undefined && { 'Content-MD5': Buffer.from(md5, 'hex').toString('base64') }),
      },
    });
  } catch (error) {
    throw fault ?? (await faultOf(error, key, position, head));
  }
  const info = await head(key);
  if (!info || info.size < position) throw new ObjectError('corrupt', `What was appended to ${key} is gone again.`);
  // Another may have appended since.
  const isLast = before?.crc64 !== undefined || position === 0;
  if (isLast && size !== undefined && info.size === position + size && info.crc64 !== String(crc.digest())) {
    throw new ObjectError('corrupt', `What was appended to ${key} is not in the bucket as it was sent.`);
  }
  return { info, position };
}

async function faultOf(error: unknown, key: string, position: number, head: AppendParts['head']): Promise<ObjectError> {
  const { code } = error as { code?: string };
  if (code === 'PositionNotEqualToLength') return new PositionError(key, position, (await head(key))?.size ?? 0);
  if (code === 'ObjectNotAppendable') {
    return new ObjectError('not_appendable', `The object ${key} was written as a whole, so nothing can be appended.`);
  }
  return toObjectFault(error);
}

/** Whether a stream begins with the same bytes; it is not read any further. */
async function isBeginning(body: AsyncIterable<Uint8Array>, stream: Readable): Promise<boolean> {
  let there = Buffer.alloc(0);
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for await (const piece of body) {
      while (there.length < piece.length) {
        const { value, done } = await pieces.next();
        if (done) return false;
        there = Buffer.concat([there, value]);
      }
      if (!there.subarray(0, piece.length).equals(piece)) return false;
      there = there.subarray(piece.length);
    }
    return true;
  } finally {
    stream.destroy();
  }
}
