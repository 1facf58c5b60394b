import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type ContentRange, readContentRange } from '../../common/ranges.ts';
import type { Upload } from '../../objects/uploads/upload.ts';
import { RequestError } from '../request-error.ts';

/** What a request brings of an upload, and what it says of that. */
export interface UploadPart extends ContentRange {
  /** The MD5 of the part, hex. */
  md5: string | undefined;
  /** The length of the body is known to be that of the range. */
  hasLength: boolean;
}

/** A part that is checked before it takes the place of what came before is in memory meanwhile. */
const MAX_CHECKED_BYTES = 256 * 1024;

/** The part that a request brings; undefined where it brings all. Throws a RequestError where its fields do not agree. */
export function readPart(headers: IncomingHttpHeaders): UploadPart | undefined {
  const header = headers['content-range'];
  if (header === undefined) return undefined;
  const said = readContentRange(header);
  if (!said) {
    throw new RequestError('PEER_MALFORMED', 'The Content-Range cannot be read: write it like "bytes 0-65535/200000".');
  }
  const { range, size } = said;
  const length = headers['content-length'];
  const bytes = range && range.end - range.start + 1;
  if (bytes !== undefined && length !== undefined && Number(length) !== bytes) throw wrongLength(bytes, Number(length));
  return { range, size, md5: readMd5(headers), hasLength: length !== undefined };
}

/** A Content-MD5 (RFC 1864) in hex. Throws a RequestError where it is none. */
export function readMd5(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['content-md5'];
  if (given === undefined) return undefined;
  const bytes = Buffer.from(String(given), 'base64');
  if (bytes.length === 16) return bytes.toString('hex');
  throw new RequestError(
    'PEER_MALFORMED',
    'The Content-MD5 cannot be read: it must be the 16 bytes of the digest in Base64.',
  );
}

/**
 * Takes in a part, whole where it says what it must be. `elsewhere`: nothing is taken, and the upload goes on at its offset.
 *
 * @throws RequestError where it is not what it says, and the upload is as it was before
 */
export async function takePart(
  upload: Upload,
  part: UploadPart,
  body: AsyncIterable<Uint8Array>,
  onPiece: (bytes: number) => void,
): Promise<'taken' | 'elsewhere'> {
  const { range, md5, hasLength } = part;
  if (!range) return 'taken';
  const { start } = range;
  const length = range.end - start + 1;
  if (start > upload.offset) return 'elsewhere';
  const mayBeRefused = md5 !== undefined || !hasLength;
  const pieces = checked(body, length, md5, onPiece);
  if (start < upload.offset && mayBeRefused) {
    // What it would replace is acknowledged, and must be there still if this is refused.
    if (length > MAX_CHECKED_BYTES) return 'elsewhere';
    const whole: Uint8Array[] = [];
    for await (const piece of pieces) whole.push(Buffer.from(piece));
    await upload.truncate(start);
    await upload.append(Buffer.concat(whole));
    return 'taken';
  }
  await upload.truncate(start);
  try {
    for await (const piece of pieces) await upload.append(piece);
  } catch (error) {
    // What came of a part that broke off counts, unless it was to be checked.
    if (md5 !== undefined || error instanceof RequestError) await upload.truncate(start).catch(() => {});
    throw error;
  }
  return 'taken';
}

/** The pieces of a body, and at its end that they are as many bytes as they should be, and which. */
async function* checked(
  body: AsyncIterable<Uint8Array>,
  length: number,
  md5: string | undefined,
  onPiece: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const digest = md5 === undefined ? undefined : createHash('md5');
  let bytes = 0;
  for await (const piece of body) {
    onPiece(piece.length);
    bytes += piece.length;
    if (bytes > length) throw wrongLength(length, bytes);
    digest?.update(piece);
    yield piece;
  }
  if (bytes < length) throw wrongLength(length, bytes);
  const found = digest?.digest('hex');
  if (found !== md5) {
    throw new RequestError('PEER_MALFORMED', `The MD5 of the part is ${found}, and its Content-MD5 is ${md5}.`);
  }
}

function wrongLength(expected: number, found: number): RequestError {
  const what = `The Content-Range is of ${expected} bytes, and the part has`;
  return new RequestError('PEER_MALFORMED', `${what} ${found > expected ? 'more' : `${found}`}.`);
}
