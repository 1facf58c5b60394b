import { createHash, createHmac } from 'node:crypto';
import type { EndpointHouse } from './support.ts';

// AWS V4 from its description, written out once more: what the gateway does is not used here.

const REGION = 'eu-anywhere-1';
const V4 = 'AWS4-HMAC-SHA256';
export const UNSIGNED_CHUNKS = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

export interface AwsInit {
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** What is signed in place of the body; by default, its digest. */
  payload?: string;
}

export type Signer = Pick<EndpointHouse, 'url' | 'key' | 'clock'>;

/** What signs a request, and the chunks that follow it. */
interface Signing {
  key: Buffer;
  timestamp: string;
  scope: string;
  signature: string;
}

/** A request that is signed by AWS V4; `resource` is `/bucket/key?parameter=value`, in characters that need no encoding. */
export function awsFetch(signer: Signer, method: string, resource: string, init: AwsInit = {}): Promise<Response> {
  const { headers } = signHeaders(signer, method, resource, init);
  return send(signer, method, resource, headers, init.body);
}

/**
 * An upload in chunks that are signed.
 *
 * @param trailers headers that follow the content
 * @param change what somebody on the way makes of the body
 */
export function awsChunkedFetch(
  signer: Signer,
  resource: string,
  chunks: readonly Uint8Array[],
  trailers: Record<string, string> = {},
  change = (body: Buffer): Buffer => body,
): Promise<Response> {
  const names = Object.keys(trailers);
  const { headers, signing } = signHeaders(signer, 'PUT', resource, {
    payload: `STREAMING-${V4}-PAYLOAD${names.length > 0 ? '-TRAILER' : ''}`,
    headers: {
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': String(Buffer.concat(chunks).length),
      ...(names.length > 0 && { 'x-amz-trailer': names.join(',') }),
    },
  });
  return send(signer, 'PUT', resource, headers, change(signedChunks(signing, chunks, trailers)));
}

/** The body of an upload in chunks that are not signed. */
export function unsignedChunks(chunks: readonly Uint8Array[], trailers: Record<string, string>): Buffer {
  const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}\r\n`);
  const parts = chunks.flatMap((chunk) => [`${chunk.length.toString(16)}\r\n`, chunk, '\r\n']);
  return Buffer.concat([...parts, '0\r\n', ...lines, '\r\n'].map((part) => Buffer.from(part)));
}

function signedChunks(signing: Signing, chunks: readonly Uint8Array[], trailers: Record<string, string>): Buffer {
  let previous = signing.signature;
  const sign = (kind: string, ...digests: string[]): string => {
    const text = [`${V4}-${kind}`, signing.timestamp, signing.scope, previous, ...digests].join('\n');
    previous = hmac(signing.key, text).toString('hex');
    return previous;
  };
  const parts = [...chunks, Buffer.alloc(0)].flatMap((chunk) => [
    `${chunk.length.toString(16)};chunk-signature=${sign('PAYLOAD', sha256(''), sha256(chunk))}\r\n`,
    chunk,
    chunk.length === 0 ? '' : '\r\n',
  ]);
  const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}`);
  const text = lines.map((line) => `${line}\n`).join('');
  if (lines.length > 0) lines.push(`x-amz-trailer-signature:${sign('TRAILER', sha256(text))}`);
  return Buffer.concat([...parts, ...lines.map((line) => `${line}\r\n`), '\r\n'].map((part) => Buffer.from(part)));
}

function signHeaders(
  { url, key, clock }: Signer,
  method: string,
  resource: string,
  { headers = {}, body = '', payload = sha256(body) }: AwsInit,
): { headers: Record<string, string>; signing: Signing } {
  const timestamp = `${new Date(clock.now()).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const scope = `${timestamp.slice(0, 8)}/${REGION}/s3/aws4_request`;
  const all: Record<string, string> = { ...headers, 'x-amz-date': timestamp, 'x-amz-content-sha256': payload };
  const signed = Object.entries({ ...all, host: new URL(url).host }).sort(byName);
  const names = signed.map(([name]) => name).join(';');
  const [path = '', query = ''] = resource.split('?');
  const params = query === '' ? [] : query.split('&').map((each) => (each.includes('=') ? each : `${each}=`));
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = [method, path, params.sort().join('&'), lines, names, payload].join('\n');
  const signingKey = scope.split('/').reduce<Buffer>(hmac, Buffer.from(`AWS4${key.secret}`));
  const signature = hmac(signingKey, [V4, timestamp, scope, sha256(canonical)].join('\n')).toString('hex');
  const authorization = `${V4} Credential=${key.id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { headers: { ...all, authorization }, signing: { key: signingKey, timestamp, scope, signature } };
}

function send(
  { url }: Signer,
  method: string,
  resource: string,
  headers: Record<string, string>,
  body: string | Uint8Array | undefined,
): Promise<Response> {
  // As bytes, or fetch would give text a type that was not signed.
  return fetch(url + resource, { method, headers, ...(body && { body: new Uint8Array(Buffer.from(body)) }) });
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function byName([one]: [string, string], [other]: [string, string]): number {
  return one < other ? -1 : 1;
}
