import type { ObjectInfo } from '../../../objects/contract.ts';
import { KEPT_HEADERS, type KeptHeaders } from '../../../objects/kept-headers.ts';

/** The properties of an object as another gateway tells them; undefined where they are none. What a later version adds is left out. */
export function infoIn(value: unknown): ObjectInfo | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { key, size, etag, contentType, modifiedMs, metadata, ...more } = value as Record<string, unknown>;
  if (typeof key !== 'string' || typeof etag !== 'string' || !Number.isSafeInteger(size) || (size as number) < 0) {
    return undefined;
  }
  const { sha256, crc64, crc32, isAppendable, headers, checksum, fileName, kind, to } = more;
  const { name, value: sum } = (checksum ?? {}) as Record<string, unknown>;
  return {
    ...{ key, size: size as number, etag },
    ...{ contentType: typeof contentType === 'string' ? contentType : 'application/octet-stream' },
    ...{ modifiedMs: Number.isFinite(modifiedMs) ? (modifiedMs as number) : 0, metadata: textsIn(metadata) },
    ...(typeof sha256 === 'string' && { sha256 }),
    ...(typeof crc64 === 'string' && { crc64 }),
    ...(Number.isSafeInteger(crc32) && { crc32: crc32 as number }),
    ...(isAppendable === true && { isAppendable }),
    ...(headers !== undefined && { headers: headersIn(headers) }),
    ...(typeof name === 'string' && typeof sum === 'string' && { checksum: { name, value: sum } }),
    ...(typeof fileName === 'string' && { fileName }),
    ...((kind === 'file' || kind === 'image' || kind === 'folder') && { kind }),
    ...(typeof to === 'string' && { to }),
  };
}

function headersIn(value: unknown): KeptHeaders {
  const texts = textsIn(value);
  return Object.fromEntries(KEPT_HEADERS.flatMap((name) => (texts[name] === undefined ? [] : [[name, texts[name]]])));
}

function textsIn(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, each]) => typeof each === 'string'));
}
