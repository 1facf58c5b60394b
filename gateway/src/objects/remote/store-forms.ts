import type { ObjectInfo, ObjectPage } from '../contract.ts';
import { keptHeaders } from '../kept-headers.ts';

/** How requests name the bucket. */
export type Addressing = 'host' | 'path' | 'cname';

export const DEFAULT_TYPE = 'application/octet-stream';

/** Metadata as it is sent: percent-encoded, as headers are ASCII. */
export function encodedMetadata(plain: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, encodeURIComponent(value)]));
}

/** The metadata among the headers of an object, whose names begin with `prefix`; other writers do not encode it. */
function metadataIn(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  prefix: string,
): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(prefix) && value !== undefined) metadata[name.slice(prefix.length)] = decoded(String(value));
  }
  return metadata;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An ETag as the gateway has them. */
export function unquoted(etag: string): string {
  return etag.replaceAll('"', '').toLowerCase();
}

/** An object as a list has it. `modified`: as the store writes it. */
export function listedInfo(key: string, size: number, etag: string, modified: string): ObjectInfo {
  return {
    ...{ key, size, etag: unquoted(etag) },
    ...{ contentType: DEFAULT_TYPE, modifiedMs: Date.parse(modified), metadata: {} },
  };
}

/**
 * An object as the headers of an answer about it tell; undefined where the answer is from no store, as an object may have no bytes, so that an
 * empty answer alone does not tell. `prefix`: of the headers with its metadata.
 */
export function infoIn(
  key: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  prefix: string,
): ObjectInfo | undefined {
  const textOf = (name: string): string | undefined => headers[name] as string | undefined;
  const [size, modified] = [textOf('content-length'), textOf('last-modified')];
  if (size === undefined || modified === undefined) return undefined;
  const kept = keptHeaders(textOf);
  return {
    ...{ key, size: Number(size), etag: unquoted(textOf('etag') ?? '') },
    contentType: textOf('content-type') ?? DEFAULT_TYPE,
    ...(kept && { headers: kept }),
    modifiedMs: Date.parse(modified) || 0,
    metadata: metadataIn(headers, prefix),
  };
}

/** The parameter `start-after` of a list; undefined for a list from its beginning. */
export function startAfter(after: string | undefined, delimiter: string | undefined): string | undefined {
  const isPrefix = after !== undefined && delimiter !== undefined && after.endsWith(delimiter);
  // Keys below a prefix that was listed come before the last possible character.
  return isPrefix ? `${after}\u{10ffff}` : after;
}

/** A page of a list. */
export function pageOf(objects: ObjectInfo[], prefixes: string[], isTruncated: boolean): ObjectPage {
  const last = [...objects.map(({ key }) => key), ...prefixes].sort(byUtf8).at(-1);
  return { objects, prefixes, ...(isTruncated && last !== undefined ? { next: last } : {}) };
}

function byUtf8(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
