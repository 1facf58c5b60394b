import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { OssError } from './oss-error.ts';

/** A request as it came, taken apart; nothing in it is believed yet. */
export interface RawRequest {
  method: string;
  /** The name in the Host header, without the port, in lower case. */
  host: string;
  /** The path after percent-decoding. */
  path: string;
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

/** A request whose signature was right. */
export interface OssRequest extends RawRequest {
  bucket: string | undefined;
  key: string;
  /** The first value of a parameter; empty where it has none, undefined where there is no such parameter. */
  param(name: string): string | undefined;
  message: IncomingMessage;
  /** Who sends it: the id of the access key, and the address. */
  accessKey: string;
  address: string | undefined;
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
    query: [...new URLSearchParams(query)],
    headers: readHeaders(message.headers),
  };
}

/** The request once it is known what its signer meant. */
export function understand(
  raw: RawRequest,
  { bucket, key }: Target,
  said: Pick<OssRequest, 'message' | 'acceptBody' | 'accessKey' | 'address'>,
): OssRequest {
  const param = (name: string) => raw.query.find(([each]) => each === name)?.[1];
  return { ...raw, bucket, key, param, ...said };
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
