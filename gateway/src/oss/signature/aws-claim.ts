import { invalidArgument, OssError } from '../oss-error.ts';
import type { RawRequest } from '../request.ts';

/** What a request says of its signature as Amazon's clients make it; nothing of it is proven yet. */
export type AwsClaim = AwsClaimV2 | AwsClaimV4;

interface AwsClaimBase {
  keyId: string;
  /** As it was given: base64 for V2, hex for V4. */
  signature: string;
  /** When it was signed; undefined for V2 in a URL, which tells only its end. Milliseconds since 1970. */
  signedMs?: number;
  /** For signatures in a URL: when it ends, milliseconds since 1970. */
  expiresMs?: number;
}

export interface AwsClaimV2 extends AwsClaimBase {
  version: 2;
  /** The line of the date in what is signed. */
  dateLine: string;
}

export interface AwsClaimV4 extends AwsClaimBase {
  version: 4;
  /** `20260102T030405Z` */
  timestamp: string;
  /** Any region and service will do, as the gateway is in no region. */
  scope: { date: string; region: string; service: string };
  /** Lower-case names, in their order. */
  signedHeaders: readonly string[];
  /** What is signed in place of the body: its SHA-256 in hex, or a word that says how the body is signed or that it is not. */
  payload: string;
}

export const AWS_V4 = 'AWS4-HMAC-SHA256';
export const UNSIGNED = 'UNSIGNED-PAYLOAD';
const LONGEST_URL_SECONDS = 7 * 86_400;
const CONTENT = 'x-amz-content-sha256';

/** Finds such a signature in a request's header or URL. Throws OssError where there is none, or none that can be read. */
export function readAwsClaim(request: RawRequest): AwsClaim {
  const authorization = request.headers.get('authorization');
  const params = new Map(request.query);
  const isUrlV4 = params.has('X-Amz-Algorithm') || params.has('X-Amz-Signature');
  const isInUrl = isUrlV4 || params.has('AWSAccessKeyId');
  if (authorization !== undefined && isInUrl) {
    throw invalidArgument('Authorization', '', 'A request is signed in its header or in its URL, not in both.');
  }
  if (request.headers.has('x-amz-security-token') || params.has('X-Amz-Security-Token')) {
    throw new OssError(
      403,
      'InvalidAccessKeyId',
      'This gateway has no temporary credentials, so a security token is of no use.',
    );
  }
  if (isUrlV4) return urlV4(request, params);
  if (isInUrl) return urlV2(params);
  if (authorization?.startsWith('AWS ')) return headerV2(request, authorization.slice(4));
  if (authorization?.startsWith(`${AWS_V4} `)) return headerV4(request, authorization.slice(AWS_V4.length + 1));
  if (authorization === undefined) {
    throw denied('The request is not signed, and this gateway serves nobody without an access key.');
  }
  const algorithm = authorization.split(' ', 1)[0] ?? '';
  throw invalidArgument('Authorization', algorithm, `Signatures are AWS (V2) or ${AWS_V4} here.`);
}

function headerV2({ headers }: RawRequest, credentials: string): AwsClaimV2 {
  const colon = credentials.indexOf(':');
  if (colon <= 0) throw invalidArgument('Authorization', '', 'The header must be AWS, a blank, AccessKeyId:Signature.');
  const date = headers.get('x-amz-date') ?? headers.get('date') ?? '';
  const signedMs = readDate(date);
  // A date among the x-amz- headers is signed there.
  const dateLine = headers.has('x-amz-date') ? '' : date;
  const keyId = credentials.slice(0, colon).trim();
  return { version: 2, keyId, signature: credentials.slice(colon + 1).trim(), dateLine, signedMs };
}

function urlV2(params: ReadonlyMap<string, string>): AwsClaimV2 {
  const dateLine = params.get('Expires') ?? '';
  const signature = params.get('Signature');
  if (signature === undefined || !/^\d{1,12}$/.test(dateLine)) {
    throw denied('A signed URL needs Signature, AWSAccessKeyId and Expires, in seconds since 1970.');
  }
  const keyId = params.get('AWSAccessKeyId') ?? '';
  return { version: 2, keyId, signature, dateLine, expiresMs: Number(dateLine) * 1000 };
}

function headerV4({ headers }: RawRequest, text: string): AwsClaimV4 {
  const fields = new Map(
    text.split(',').map((field): [string, string] => {
      const equals = field.indexOf('=');
      return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1).trim()];
    }),
  );
  const { keyId, scope } = readCredential(fields.get('credential'), malformedHeader);
  const payload = headers.get(CONTENT);
  if (payload === undefined) {
    throw new OssError(400, 'InvalidRequest', `Missing required header for this request: ${CONTENT}`);
  }
  const { timestamp, signedMs } = readTime(headers);
  if (!timestamp.startsWith(scope.date)) {
    throw malformedHeader(`The date in the Credential must be the day of x-amz-date, ${timestamp.slice(0, 8)}.`);
  }
  const signature = fields.get('signature') ?? '';
  const signedHeaders = readNames(fields.get('signedheaders'));
  return { version: 4, keyId, signature, timestamp, signedMs, scope, signedHeaders, payload };
}

function urlV4({ headers }: RawRequest, params: ReadonlyMap<string, string>): AwsClaimV4 {
  const algorithm = params.get('X-Amz-Algorithm') ?? '';
  if (algorithm !== AWS_V4) throw malformedUrl(`X-Amz-Algorithm only supports ${AWS_V4} here.`);
  const { keyId, scope } = readCredential(params.get('X-Amz-Credential'), malformedUrl);
  const timestamp = params.get('X-Amz-Date') ?? '';
  const signedMs = readTimestamp(timestamp);
  if (signedMs === undefined || !timestamp.startsWith(scope.date)) {
    throw malformedUrl('X-Amz-Date must be a time such as 20260102T030405Z, on the day in the credential.');
  }
  const seconds = params.get('X-Amz-Expires') ?? '';
  if (!/^\d{1,7}$/.test(seconds) || Number(seconds) < 1 || Number(seconds) > LONGEST_URL_SECONDS) {
    throw malformedUrl(`X-Amz-Expires must be a number of seconds from 1 to ${LONGEST_URL_SECONDS}.`);
  }
  const expiresMs = signedMs + Number(seconds) * 1000;
  const payload = headers.get(CONTENT) ?? params.get('X-Amz-Content-Sha256') ?? UNSIGNED;
  const signedHeaders = readNames(params.get('X-Amz-SignedHeaders'));
  const signature = params.get('X-Amz-Signature') ?? '';
  return { version: 4, keyId, signature, timestamp, signedMs, expiresMs, scope, signedHeaders, payload };
}

function readCredential(
  text = '',
  fault: (message: string) => OssError,
): { keyId: string; scope: AwsClaimV4['scope'] } {
  const [keyId = '', date = '', region = '', service = '', end, ...more] = text.split('/');
  if (keyId === '' || !/^\d{8}$/.test(date) || end !== 'aws4_request' || more.length > 0) {
    throw fault('The Credential must be AccessKeyId/date/region/s3/aws4_request.');
  }
  return { keyId, scope: { date, region, service } };
}

/** The time of a request that is signed by V4 in its header. */
function readTime(headers: RawRequest['headers']): { timestamp: string; signedMs: number } {
  const timestamp = headers.get('x-amz-date');
  const signedMs = timestamp === undefined ? undefined : readTimestamp(timestamp);
  if (timestamp !== undefined && signedMs !== undefined) return { timestamp, signedMs };
  const ms = readDate(timestamp ?? headers.get('date') ?? '');
  return { timestamp: `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`, signedMs: ms };
}

function readTimestamp(text: string): number | undefined {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

function readDate(text: string): number {
  const ms = readTimestamp(text) ?? Date.parse(text);
  if (Number.isNaN(ms)) throw denied('AWS authentication requires a valid Date or x-amz-date header.');
  return ms;
}

function readNames(text = ''): string[] {
  return text
    .split(';')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}

function denied(message: string): OssError {
  return new OssError(403, 'AccessDenied', message);
}

function malformedHeader(message: string): OssError {
  return new OssError(400, 'AuthorizationHeaderMalformed', `The authorization header is malformed. ${message}`);
}

function malformedUrl(message: string): OssError {
  return new OssError(400, 'AuthorizationQueryParametersError', message);
}
