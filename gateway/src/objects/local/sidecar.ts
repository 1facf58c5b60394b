import type { ObjectInfo } from '../contract.ts';

/**
 * The record of an object in a local store: a JSON file beside its content, and the same in the index. That of an appendable object says what
 * it was when it was made; the mark beside it says what it has become.
 */
export interface Sidecar extends ObjectInfo {
  crc64: string;
  /** CRC-32 of the content, which is checked when it is read. */
  crc32: number;
  /** The id in the name of the content's file. */
  id: string;
  /** When it came, by `Clock.monotonicMs`; missing in records of earlier versions. */
  cameMs?: number | undefined;
  /** Whether a time server confirmed the wall clock then. */
  wasSynchronized?: boolean | undefined;
  /** Its position in the order of all objects (`NewestIndex.nextPlace`); missing in records of earlier versions. */
  place?: number | undefined;
}

export function writeSidecar(sidecar: Sidecar): string {
  return `${JSON.stringify(sidecar)}\n`;
}

/** Reads what `writeSidecar` wrote; throws if it is anything else. */
export function readSidecar(text: string): Sidecar {
  const value = JSON.parse(text) as Partial<Sidecar>;
  const { key, size, sha256, etag, crc64, contentType, modifiedMs, metadata, crc32, id, isAppendable } = value;
  const hasTexts = isText(key) && isText(etag) && isText(crc64) && isText(contentType) && isText(id);
  const hasNumbers = isNumber(size) && isNumber(modifiedMs) && isNumber(crc32);
  if (!hasTexts || !hasNumbers || !(isAppendable || isText(sha256))) {
    throw new TypeError('this is not what is kept of an object');
  }
  if (typeof metadata !== 'object' || metadata === null) throw new TypeError('the metadata of an object is missing');
  return value as Sidecar;
}

/** The public properties of an object. */
export function toInfo(sidecar: Sidecar): ObjectInfo {
  const { id: _id, cameMs: _cameMs, wasSynchronized: _wasSynchronized, place: _place, ...info } = sidecar;
  return info;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
