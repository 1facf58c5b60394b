import { invalidArgument, OssError } from '../oss-error.ts';
import type { RawRequest } from '../request.ts';

/** What a request says of its signature; nothing of it is proven yet. */
export type Claim = ClaimV1 | ClaimV4;

interface ClaimBase {
  keyId: string;
  /** As it was given: base64 for V1, hex for V4. */
  signature: string;
  /** When it was signed; undefined for V1 in a URL, which tells only its end. Milliseconds since 1970. */
  signedMs?: number;
  /** For signatures in a URL: when it ends, milliseconds since 1970. */
  expiresMs?: number;
}

export interface ClaimV1 extends ClaimBase {
  version: 1;
  /** The line of the date in what is signed. */
  dateLine: string;
}

export interface ClaimV4 extends ClaimBase {
  version: 4;
  /** `20260102T030405Z`, or the Date header where the request has no `x-oss-date`. */
  timestamp: string;
  /** `20260102/cn-hangzhou/oss/aliyun_v4_request`: any region will do, as the gateway is in none. */
  scope: Scope;
  /** Lower-case names of headers that are signed besides those that always are. */
  additionalHeaders: readonly string[];
}

export interface Scope {
  date: string;
  region: string;
  product: string;
}

export const V4 = 'OSS4-HMAC-SHA256';
const DAY_SECONDS = 86_400;
const LONGEST_URL_SECONDS = 7 * DAY_SECONDS;

/** Finds the signature in a request's header or query. Throws OssError where there is none, or none that can be read. */
export function readClaim(request: RawRequest): Claim {
  const authorization = request.headers.get('authorization');
  const param = (name: string) => request.query.find(([each]) => each === name)?.[1];
  const inUrl = param('x-oss-signature-version') !== undefined ? 4 : param('Signature') !== undefined ? 1 : undefined;
  if (authorization !== undefined && inUrl !== undefined) {
    throw invalidArgument('Authorization', '', 'A request is signed in its header or in its URL, not in both.');
  }
  if (authorization?.startsWith(`${V4} `)) return headerV4(request, authorization.slice(V4.length + 1));
  if (authorization?.startsWith('OSS ')) return headerV1(request, authorization.slice(4));
  if (authorization !== undefined) {
    throw invalidArgument('Authorization', authorization.split(' ', 1)[0] ?? '', 'Signatures are V1 (OSS) or V4 here.');
  }
  if (inUrl === 4) return urlV4(param);
  if (inUrl === 1) return urlV1(param);
  throw denied('The request is not signed, and this gateway serves nobody without an access key.');
}

/** The error that does not tell by its code what is wrong with the signature. */
export function denied(message: string, details: Record<string, string> = {}): OssError {
  return new OssError(403, 'AccessDenied', message, details);
}

function headerV1({ headers }: RawRequest, credentials: string): ClaimV1 {
  const colon = credentials.indexOf(':');
  if (colon <= 0) throw invalidArgument('Authorization', '', 'The header must be OSS, a blank, AccessKeyId:Signature.');
  const dateLine = headers.get('x-oss-date') ?? headers.get('date') ?? '';
  const signedMs = Date.parse(dateLine);
  if (Number.isNaN(signedMs)) throw denied('The request needs a Date, such as Sun, 22 Nov 2015 08:16:38 GMT.');
  const keyId = credentials.slice(0, colon).trim();
  return { version: 1, keyId, signature: credentials.slice(colon + 1).trim(), dateLine, signedMs };
}

function urlV1(param: (name: string) => string | undefined): ClaimV1 {
  const keyId = param('OSSAccessKeyId');
  const dateLine = param('Expires') ?? '';
  if (keyId === undefined || !/^\d{1,12}$/.test(dateLine)) {
    throw denied('A signed URL needs Signature, OSSAccessKeyId and Expires, in seconds since 1970.');
  }
  return { version: 1, keyId, signature: param('Signature') ?? '', dateLine, expiresMs: Number(dateLine) * 1000 };
}

function headerV4({ headers }: RawRequest, text: string): ClaimV4 {
  const fields = new Map(
    text.split(',').map((field): [string, string] => {
      const equals = field.indexOf('=');
      return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1).trim()];
    }),
  );
  const { keyId, scope } = readCredential(fields.get('credential'));
  const ossDate = headers.get('x-oss-date');
  const timestamp = ossDate ?? headers.get('date') ?? '';
  // Older clients in Go sign the Date header, as it is sent.
  const signedMs = ossDate === undefined ? readDate(timestamp, scope) : readTimestamp(timestamp, scope, 'x-oss-date');
  const additionalHeaders = readNames(fields.get('additionalheaders'));
  return { version: 4, keyId, signature: fields.get('signature') ?? '', timestamp, scope, additionalHeaders, signedMs };
}

function urlV4(param: (name: string) => string | undefined): ClaimV4 {
  const version = param('x-oss-signature-version') ?? '';
  if (version !== V4) throw invalidArgument('x-oss-signature-version', version, `It must be ${V4}.`);
  const { keyId, scope } = readCredential(param('x-oss-credential'));
  const timestamp = param('x-oss-date') ?? '';
  const signedMs = readTimestamp(timestamp, scope, 'x-oss-date');
  const seconds = param('x-oss-expires') ?? '';
  if (!/^\d{1,7}$/.test(seconds) || Number(seconds) < 1 || Number(seconds) > LONGEST_URL_SECONDS) {
    throw invalidArgument('x-oss-expires', seconds, `It must be a number of seconds from 1 to ${LONGEST_URL_SECONDS}.`);
  }
  const expiresMs = signedMs + Number(seconds) * 1000;
  const additionalHeaders = readNames(param('x-oss-additional-headers'));
  const signature = param('x-oss-signature') ?? '';
  return { version: 4, keyId, signature, timestamp, scope, additionalHeaders, signedMs, expiresMs };
}

function readCredential(text = ''): { keyId: string; scope: Scope } {
  const [keyId = '', date = '', region = '', product = '', end, ...more] = text.split('/');
  if (keyId === '' || !/^\d{8}$/.test(date) || end !== 'aliyun_v4_request' || more.length > 0) {
    throw invalidArgument('Credential', text, 'It must be AccessKeyId/date/region/oss/aliyun_v4_request.');
  }
  return { keyId, scope: { date, region, product } };
}

function readTimestamp(text: string, scope: Scope, name: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(ms) || !text.startsWith(scope.date)) {
    throw invalidArgument(name, text, 'It must be a time such as 20260102T030405Z, on the day in the credential.');
  }
  return ms;
}

function readDate(text: string, scope: Scope): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10).replaceAll('-', '') === scope.date) return ms;
  throw invalidArgument('Date', text, 'A request needs x-oss-date, or a Date on the day in the credential.');
}

function readNames(text = ''): string[] {
  return text
    .split(';')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}
