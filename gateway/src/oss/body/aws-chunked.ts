import { createHash, type Hash } from 'node:crypto';
import { OssError } from '../oss-error.ts';

/** Checks the signatures of what comes in chunks, each of which covers the one before. Each method throws OssError SignatureDoesNotMatch. */
export interface ChunkSignatures {
  /** @param digest the SHA-256 of the chunk's content, hex */
  checkChunk(digest: string, signature: string): void;
  /** @param digest the SHA-256 of all trailers, `name:value` and a line feed each, hex */
  checkTrailers(digest: string, signature: string): void;
}

export interface ChunkedOptions {
  /** Bytes of the content, as `x-amz-decoded-content-length` announces them. */
  size: number;
  /** Where chunks, and trailers, are signed. */
  signatures?: ChunkSignatures | undefined;
  /** The names of all trailers that must follow the content, in lower case; no others may. */
  trailers?: readonly string[];
}

/** A line before a chunk has a number and a signature, one of trailers a name and a checksum. */
const MAX_LINE_BYTES = 1024;
const MAX_TRAILERS_BYTES = 4096;
const HEAD = /^([0-9a-f]{1,12}) *(?:;(.*))?$/i;
const CHUNK_SIGNATURE = /^chunk-signature=([0-9a-f]{64})$/i;
const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

/**
 * Takes apart a body in S3's `aws-chunked` encoding: the length of each chunk in hexadecimal, on a line with its signature, its content, and
 * an empty chunk at the end, which trailers may follow. Nothing is kept but a line, whatever lengths a client names.
 */
export class ChunkedDecoder {
  /** The values of the trailers, by lower-case name; complete once `end` was called. */
  readonly trailers = new Map<string, string>();
  readonly #options: ChunkedOptions;
  #state: 'head' | 'content' | 'behind content' | 'trailers' = 'head';
  #line = '';
  /** What is still to come of the content and of the current chunk, bytes. */
  #left: number;
  #chunkLeft = 0;
  #chunkSignature = '';
  #hash: Hash | undefined;
  #trailersBytes = 0;
  #trailerSignature: string | undefined;

  constructor(options: ChunkedOptions) {
    this.#options = options;
    this.#left = options.size;
  }

  /**
   * The content within the next bytes of the body, which are overwritten by it: however small its chunks are, they become one piece.
   * Throws OssError where the bytes are none of such a body.
   */
  take(bytes: Uint8Array): Uint8Array {
    let read = 0;
    let written = 0;
    while (read < bytes.length) {
      if (this.#state === 'content') {
        const end = Math.min(bytes.length, read + this.#chunkLeft);
        this.#hash?.update(bytes.subarray(read, end));
        if (written !== read) bytes.copyWithin(written, read, end);
        this.#chunkLeft -= end - read;
        written += end - read;
        read = end;
        if (this.#chunkLeft === 0) this.#state = 'behind content';
      } else read = this.#takeLine(bytes, read);
    }
    return bytes.subarray(0, written);
  }

  /** To be called at the end of the body. Throws OssError where it is not whole. */
  end(): void {
    if (this.#state !== 'trailers') throw incomplete('The request body terminated unexpectedly.');
    if (this.#line !== '') this.#trailer(this.#line);
    const { trailers = [], signatures } = this.#options;
    const missing = trailers.find((name) => !this.trailers.has(name));
    if (missing !== undefined) throw malformedTrailer(`The trailer ${missing} did not come.`);
    if (signatures === undefined || trailers.length === 0) return;
    const lines = [...this.trailers].sort(([one], [other]) => (one < other ? -1 : 1));
    const digest = createHash('sha256').update(lines.map(([name, value]) => `${name}:${value}\n`).join(''));
    signatures.checkTrailers(digest.digest('hex'), this.#trailerSignature ?? '');
  }

  /** Returns where the next line begins. */
  #takeLine(bytes: Uint8Array, start: number): number {
    const feed = bytes.indexOf(10, start);
    const end = feed < 0 ? bytes.length : feed;
    const isLast = this.#state === 'trailers';
    if (isLast) this.#trailersBytes += end + 1 - start;
    if (this.#line.length + end - start > MAX_LINE_BYTES || this.#trailersBytes > MAX_TRAILERS_BYTES) {
      throw isLast ? malformedTrailer('The trailers are too long.') : invalidChunk('The head of a chunk is too long.');
    }
    this.#line += Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    if (feed < 0) return end;
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    if (this.#state === 'head') this.#head(line);
    else if (isLast) this.#trailer(line);
    else {
      if (line !== '') throw invalidChunk('A chunk is longer than its head says.');
      this.#endChunk();
      this.#state = 'head';
    }
    return feed + 1;
  }

  #head(line: string): void {
    const [, length, extension = ''] = HEAD.exec(line) ?? [];
    if (length === undefined) throw invalidChunk('The head of a chunk is no length in hexadecimal.');
    this.#chunkLeft = Number.parseInt(length, 16);
    if (this.#options.signatures !== undefined) {
      this.#chunkSignature = CHUNK_SIGNATURE.exec(extension.trim())?.[1] ?? '';
      this.#hash = createHash('sha256');
    }
    if (this.#chunkLeft > this.#left) throw wrongLength();
    this.#left -= this.#chunkLeft;
    if (this.#chunkLeft > 0) this.#state = 'content';
    else {
      if (this.#left > 0) throw wrongLength();
      this.#endChunk();
      this.#state = 'trailers';
    }
  }

  #endChunk(): void {
    if (this.#hash) this.#options.signatures?.checkChunk(this.#hash.digest('hex'), this.#chunkSignature);
    this.#hash = undefined;
  }

  #trailer(line: string): void {
    const text = line.trim();
    if (text === '') return;
    const colon = text.indexOf(':');
    const name = text.slice(0, Math.max(0, colon)).trim().toLowerCase();
    const value = text.slice(colon + 1).trim();
    const { trailers = [], signatures } = this.#options;
    if (signatures !== undefined && name === TRAILER_SIGNATURE && trailers.length > 0) this.#trailerSignature = value;
    else if (!trailers.includes(name)) throw malformedTrailer('A trailer came that x-amz-trailer does not announce.');
    else if (this.trailers.has(name)) throw malformedTrailer(`The trailer ${name} came twice.`);
    else this.trailers.set(name, value);
  }
}

/** The content of a body in `aws-chunked` encoding. Throws OssError where it is not right, at its end at the latest. */
export async function* decodeChunked(
  body: AsyncIterable<Uint8Array>,
  decoder: ChunkedDecoder,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    const content = decoder.take(piece);
    if (content.length > 0) yield content;
  }
  decoder.end();
}

function invalidChunk(message: string): OssError {
  return new OssError(400, 'InvalidRequest', `The body is not in aws-chunked encoding. ${message}`);
}

function incomplete(message: string): OssError {
  return new OssError(400, 'IncompleteBody', message);
}

function wrongLength(): OssError {
  return incomplete('The body has not the number of bytes that x-amz-decoded-content-length announces.');
}

function malformedTrailer(message: string): OssError {
  return new OssError(400, 'MalformedTrailerError', `The body is not followed by what was announced. ${message}`);
}
