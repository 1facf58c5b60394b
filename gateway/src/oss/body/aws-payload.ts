import { createHash } from 'node:crypto';
import { freeing } from '../../objects/content/freeing.ts';
import type { KeptChecksum } from '../../objects/contract.ts';
import { invalidArgument, notImplemented, OssError } from '../oss-error.ts';
import type { Payload, RawRequest } from '../request.ts';
import { ChunkedDecoder, type ChunkSignatures, decodeChunked } from './aws-chunked.ts';
import { type Check, type ChecksumName, checked, checksumCheck, checksumOfHeader, readChecksum } from './checksums.ts';

const SIGNED_CHUNKS = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
const SIGNED_CHUNKS_AND_TRAILERS = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
const UNSIGNED_CHUNKS_AND_TRAILERS = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
const MAX_TRAILERS = 8;

/** What a signature says of the body. */
export interface SignedBody {
  /** What it covers in place of the body: its digest, or a word for how it is signed; undefined where it covers nothing of it. */
  payload: string | undefined;
  /** Of chunks; undefined for a signature that they cannot follow. */
  signatures?: ChunkSignatures;
}

/**
 * Reads in a request's headers how its body comes, and what was announced of it. Throws OssError where that makes no sense, or is not
 * supported.
 */
export function awsPayload(request: RawRequest, signed: SignedBody): Payload {
  const announced = announcedChecksum(request);
  // The checksum of a complete upload is that of the object, and not of the list of its parts.
  if (request.method !== 'POST' || !request.query.some(([name]) => name === 'uploadId')) {
    return payloadOf(request, signed, announced);
  }
  return { ...payloadOf(request, signed, undefined), ofObject: plain(undefined, announced) };
}

function payloadOf(
  request: RawRequest,
  { payload, signatures }: SignedBody,
  announced: Announced | undefined,
): Payload {
  const signed = payload !== undefined && /^[0-9a-f]{64}$/i.test(payload) ? payload.toLowerCase() : undefined;
  if (signed !== undefined || payload === undefined || payload === 'UNSIGNED-PAYLOAD') return plain(signed, announced);
  const isSigned = payload === SIGNED_CHUNKS || payload === SIGNED_CHUNKS_AND_TRAILERS;
  if (!isSigned && payload !== UNSIGNED_CHUNKS_AND_TRAILERS) {
    if (payload.startsWith('STREAMING-')) throw notImplemented(`bodies that are signed as ${payload}`);
    throw invalidArgument(
      'x-amz-content-sha256',
      payload,
      `x-amz-content-sha256 must be UNSIGNED-PAYLOAD, ${UNSIGNED_CHUNKS_AND_TRAILERS}, ${SIGNED_CHUNKS}, ${SIGNED_CHUNKS_AND_TRAILERS}, or a SHA-256 in hexadecimal.`,
    );
  }
  if (isSigned && signatures === undefined) {
    throw invalidArgument('x-amz-content-sha256', payload, 'The chunks of a body are signed by AWS V4 only.');
  }
  const trailers = payload === SIGNED_CHUNKS ? [] : announcedTrailers(request);
  const size = decodedSize(request);
  const decoder = new ChunkedDecoder({ size, trailers, signatures: isSigned ? signatures : undefined });
  const trailing = trailers.map((header) => {
    const name = checksumOfHeader(header) as ChecksumName;
    return checksumCheck(name, () => readChecksum(name, decoder.trailers.get(header) ?? ''));
  });
  return {
    decodedSize: size,
    read(body) {
      const own = announced === undefined ? [] : [checkOf(announced)];
      // Freed before it is taken apart, as the parts of a buffer cannot be freed by themselves.
      return checked(decodeChunked(freeing(body), decoder), [...own, ...trailing]);
    },
    checksum: () => keptOf(announced) ?? trailing.find(({ kept }) => kept !== undefined)?.kept,
  };
}

/** Content encodings of an object: `aws-chunked` is one of its way here only. Undefined where nothing is left. */
export function keptEncoding(contentEncoding: string): string | undefined {
  const kept = contentEncoding
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name.toLowerCase() !== 'aws-chunked');
  return kept.length === 0 ? undefined : kept.join(',');
}

/** A checksum that headers announce. */
interface Announced {
  name: ChecksumName;
  value: Buffer;
}

/**
 * A body that is just what comes.
 *
 * @param signed its SHA-256 in hex, as the signature covers it
 */
function plain(signed: string | undefined, announced: Announced | undefined): Payload {
  const sha256 = signed ?? (announced?.name === 'sha256' ? announced.value.toString('hex') : undefined);
  const crc32 = announced?.name === 'crc32' ? announced.value.readUInt32BE() : undefined;
  const isDigestAnnounced = crc32 !== undefined || announced?.value.toString('hex') === sha256;
  return {
    sha256,
    crc32,
    read(body, isDigested = false) {
      const checks: Check[] = signed === undefined || isDigested ? [] : [sha256Check(signed)];
      if (announced !== undefined && !(isDigested && isDigestAnnounced)) checks.push(checkOf(announced));
      return checked(body, checks);
    },
    checksum: () => keptOf(announced),
  };
}

function keptOf(announced: Announced | undefined): KeptChecksum | undefined {
  return announced && { name: announced.name, value: announced.value.toString('base64') };
}

function checkOf({ name, value }: Announced): Check {
  return checksumCheck(name, () => value);
}

function announcedChecksum({ headers }: RawRequest): Announced | undefined {
  const announced = [...headers].flatMap(([header, text]) => {
    const name = checksumOfHeader(header);
    // One of the checksums of parts, with their number, says nothing that was not checked when these came.
    return name === undefined || /-\d+$/.test(text) ? [] : [{ name, value: readChecksum(name, text) }];
  });
  if (announced.length <= 1) return announced[0];
  const message = 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.';
  throw new OssError(400, 'InvalidRequest', message);
}

function sha256Check(expected: string): Check {
  const hash = createHash('sha256');
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest(),
    verify() {
      const found = hash.digest('hex');
      if (found === expected) return;
      throw new OssError(
        400,
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        { ClientComputedContentSHA256: expected, S3ComputedContentSHA256: found },
      );
    },
  };
}

function announcedTrailers({ headers }: RawRequest): string[] {
  const names = (headers.get('x-amz-trailer') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const unknown = names.find((name) => checksumOfHeader(name) === undefined);
  if (unknown !== undefined) throw notImplemented(`the trailer ${JSON.stringify(unknown)}`);
  if (names.length > MAX_TRAILERS) throw invalidArgument('x-amz-trailer', '', 'It announces too many trailers.');
  return names;
}

function decodedSize({ headers }: RawRequest): number {
  const text = headers.get('x-amz-decoded-content-length');
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw new OssError(411, 'MissingContentLength', 'You must provide the x-amz-decoded-content-length HTTP header.');
}
