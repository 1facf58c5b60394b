import { skipValue } from './scan.ts';

const NON_FINITE = /NaN|-?Infinity/g;

/**
 * The raw text of a JSON value, with null for NaN and the infinities, which Python writes and JSON does not have. The
 * text must be one that the scanner accepts with `nonFinite`.
 */
export function withoutNonFinite(raw: string): string {
  if (!raw.includes('NaN') && !raw.includes('Infinity')) return raw;
  let clean = '';
  let at = 0;
  while (at < raw.length) {
    const opening = raw.indexOf('"', at);
    const stringAt = opening < 0 ? raw.length : opening;
    clean += raw.slice(at, stringAt).replace(NON_FINITE, 'null');
    at = opening < 0 ? stringAt : skipValue(raw, stringAt);
    clean += raw.slice(stringAt, at);
  }
  return clean;
}
