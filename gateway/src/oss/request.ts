import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { KeptChecksum } from '../objects/contract.ts';
import type { Dialect } from './dialects/contract.ts';
import { OssError } from './oss-error.ts';

/** A request taken apart, before its signature is checked: none of it can be trusted. */
export interface RawRequest {
  method: string;
  /** The name in the Host header, without the port, in lower case. */
  host: string;
  /** The path after percent-decoding. */
  path: string;
  /** The path as it was sent. */
  sentPath: string;
  /** The query's parameters after decoding, in their order; a blank may have been a `+`. */
  query: readonly (readonly [name: string, value: string])[];
  /** By lower-case name. */
  headers: ReadonlyMap<string, string>;
}

/** What a request is about. */
export interface Target {
  /** Undefined for the service itself. */
  bucket?: string | undefined;
  /** Empty for the bucket itself. */
  key: string;
}

/** How a body is to be read that is not just what comes. */
export interface Payload {
  /** The bytes of its content where they are not those of the body: that has an encoding for its way only. */
  decodedSize?: number;
  /** The SHA-256 that the content must have, hex, where that is announced. */
  sha256?: string | undefined;
  /** The same of its CRC-32, an unsigned number. */
  crc32?: number | undefined;
  /**
   * The content of the body, which is checked against all that was announced of it. Throws OssError where it is another.
   *
   * @param isDigested who takes the content computes its SHA-256 and CRC-32 anyway, and checks these
   */
  read(body: AsyncIterable<Uint8Array>, isDigested?: boolean): AsyncGenerator<Uint8Array>;
  /** The checksum that the client gave of the content; known once all of that was read. */
  checksum(): KeptChecksum | undefined;
  /** The same of the object that becomes of it, where that is another content: the parts of an upload. */
  ofObject?: Pick<Payload, 'read' | 'checksum'> | undefined;
}

/** A request whose signature was right. */
export interface OssRequest extends RawRequest {
  /** How it is worded, and so its answer. */
  dialect: Dialect;
  bucket: string | undefined;
  key: string;
  /** The first value of a parameter; empty where it has none, undefined where there is no such parameter. */
  param(name: string): string | undefined;
  message: IncomingMessage;
  /** Who sends it: the id of the access key, and the address. */
  accessKey: string;
  address: string | undefined;
  /** How the body is to be read, if not as it comes. */
  payload?: Payload | undefined;
  /** To be called before the body is read. */
  acceptBody(): void;
}

/** Takes an HTTP request apart. Throws OssError InvalidURI for a path that is not UTF-8, percent-encoded. */
export function readRequest(message: IncomingMessage): RawRequest {
  const url = message.url ?? '/';
  const [, path = '/', query = ''] = /^(?:https?:\/\/[^/?]*)?([^?]*)\??([^#]*)/i.exec(url) ?? [];
  return {
    method: message.method ?? '',
    host: hostName(message.headers.host ?? ''),
    path: decodePath(path || '/'),
    sentPath: path || '/',
    query: [...new URLSearchParams(query)],
    headers: readHeaders(message.headers),
  };
}

/** A request with the bucket and key that its signature covers. */
export function understand(
  raw: RawRequest,
  { bucket, key }: Target,
  said: Pick<OssRequest, 'dialect' | 'message' | 'acceptBody' | 'accessKey' | 'address'>,
): OssRequest {
  const { query, headers } = said.dialect.understand(raw);
  const param = (name: string) => query.find(([each]) => each === name)?.[1];
  return { ...raw, query, headers, bucket, key, param, ...said };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new OssError(400, 'InvalidURI', 'The path of the request is not UTF-8 text in percent-encoding.');
  }
}

function hostName(host: string): string {
  return (host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : host.replace(/:\d*$/, '')).toLowerCase();
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function readHeaders(headers: IncomingHttpHeaders): Map<string, string> {
  return new Map(
    Object.entries(headers).map(([name, value]) => [
      name,
      headerValue(Array.isArray(value) ? value.join(',') : (value ?? '')),
    ]),
  );
}

/** Node hands out the bytes of headers as Latin-1, which is what a few clients mean; the others send UTF-8. */
function headerValue(latin1: string): string {
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return latin1;
  }
}
