import type { IncomingHttpHeaders } from 'node:http';

/** What a request's conditions are held against. */
export interface Version {
  /** Strong, without quotes. */
  etag: string;
  /** Milliseconds since 1970. */
  modifiedMs: number;
}

/** `failed`: it is not the version that was asked for (412). `known`: the client has it already (304). */
export type Verdict = 'proceed' | 'known' | 'failed';

/** What the conditions of a GET or HEAD come to, in the order of RFC 9110, section 13.2.2. */
export function checkConditions(headers: IncomingHttpHeaders, version: Version): Verdict {
  const match = headers['if-match'];
  if (match !== undefined) {
    if (!lists(match, version, 'strong')) return 'failed';
  } else if (seconds(version.modifiedMs) > dateOf(headers['if-unmodified-since'], Number.POSITIVE_INFINITY)) {
    return 'failed';
  }
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return lists(noneMatch, version, 'weak') ? 'known' : 'proceed';
  const isKnown = seconds(version.modifiedMs) <= dateOf(headers['if-modified-since'], Number.NEGATIVE_INFINITY);
  return isKnown ? 'known' : 'proceed';
}

/** Whether a Range is meant for this version: an If-Range that names another asks for the whole (section 13.1.5). */
export function isRangeMeant(headers: IncomingHttpHeaders, version: Version): boolean {
  const value = headers['if-range'];
  if (value === undefined) return true;
  const given = String(value).trim();
  if (given.endsWith('"')) return given === `"${version.etag}"`;
  return dateOf(given, Number.NaN) === seconds(version.modifiedMs);
}

const ENTITY_TAG = /(W\/)?"([^"]*)"/g;

/** Weakly, a tag and its weak form are the same; strongly, a weak one is no version's. */
function lists(value: string, { etag }: Version, comparison: 'strong' | 'weak'): boolean {
  if (value.trim() === '*') return true;
  for (const [, weak, tag] of value.matchAll(ENTITY_TAG)) {
    if (tag === etag && (comparison === 'weak' || weak === undefined)) return true;
  }
  return false;
}

/** HTTP's dates have whole seconds; one that cannot be read is as if it were not there. */
function dateOf(value: string | undefined, missing: number): number {
  const date = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(date) ? missing : date / 1000;
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
