import type { IncomingHttpHeaders } from 'node:http';
import type { Claim } from '../access/claim.ts';

/** What an Authorization header says: a Bearer token has no account beside it. */
export type Authorization = Pick<Claim, 'account' | 'secret'> & { scheme: 'basic' | 'bearer' };

const BEARER = /^bearer +([\w.~+/=-]+) *$/i;
const BASIC = /^basic +([A-Za-z0-9+/=_-]+) *$/i;

/** Reads an Authorization header: Bearer (RFC 6750) or Basic (RFC 7617); undefined where it is missing or something else. */
export function readAuthorization({ authorization = '' }: IncomingHttpHeaders): Authorization | undefined {
  const token = BEARER.exec(authorization)?.[1];
  if (token !== undefined) return { scheme: 'bearer', secret: token };
  const encoded = BASIC.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  // A token needs no name, so that `curl -u :TOKEN` is enough.
  const account = text.slice(0, colon) || undefined;
  return { scheme: 'basic', account, secret: text.slice(colon + 1) };
}

/** The value of a cookie; undefined where there is none of this name. */
export function readCookie({ cookie = '' }: IncomingHttpHeaders, name: string): string | undefined {
  for (const pair of cookie.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
