import { notImplemented } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';

/** What an operation understands of a request. All else would be passed over in silence, and do something else than was asked. */
export interface Allowed {
  /** Parameters of the query, those that select the operation included. */
  params?: readonly string[];
  /** Headers that begin with `x-oss-`. */
  headers?: readonly string[];
}

/** Signatures in URLs, and what changes nothing here. */
const PARAMS = new Set([
  'OSSAccessKeyId',
  'Signature',
  'Expires',
  'security-token',
  'x-oss-signature',
  'x-oss-signature-version',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-expires',
  'x-oss-additional-headers',
  'x-oss-security-token',
  // The name of the operation, for logs.
  'x-id',
  // Who pays, and how fast it goes.
  'x-oss-request-payer',
  'x-oss-traffic-limit',
]);

const HEADERS = new Set([
  'x-oss-date',
  'x-oss-content-sha256',
  'x-oss-security-token',
  'x-oss-user-agent',
  'x-oss-request-payer',
  'x-oss-traffic-limit',
]);

/** Values that ask for what there is anyway, by header or parameter; any other is refused. */
const HARMLESS: Record<string, readonly string[]> = {
  'x-oss-acl': ['private'],
  'x-oss-object-acl': ['private', 'default'],
  'x-oss-storage-class': ['standard'],
  'x-oss-data-redundancy-type': ['lrs'],
  'x-oss-tagging-directive': ['copy'],
  versionId: ['null'],
};

/** What is better called by its name than by its parameter or header. */
const NAMES: Record<string, string> = {
  append: 'appending to objects',
  callback: 'callbacks',
  cors: 'rules for web pages of other origins',
  encryption: 'encryption on the server',
  inventory: 'inventories',
  legalHold: 'legal holds',
  lifecycle: 'lifecycle rules',
  live: 'live channels',
  logging: 'access logs',
  policy: 'bucket policies',
  referer: 'referer rules',
  replication: 'replication',
  requestPayment: 'payment by requesters',
  restore: 'archived objects',
  retention: 'retention rules',
  stat: 'bucket statistics',
  symlink: 'symbolic links',
  tagging: 'tags',
  versionId: 'versions',
  versioning: 'versions',
  versions: 'versions',
  website: 'static web sites',
  worm: 'retention policies',
  'x-oss-async-process': 'processing',
  'x-oss-callback': 'callbacks',
  'x-oss-dir': 'folders of their own',
  'x-oss-object-acl': 'access rules of single objects',
  'x-oss-process': 'processing',
  'x-oss-rename': 'renaming',
  'x-oss-storage-class': 'other storage classes than Standard',
  'x-oss-tagging': 'tags',
  'x-oss-version-id': 'versions',
};

/** Throws OssError NotImplemented for a parameter or header that would change what is asked, before anything is touched. */
export function checkAllowed(request: OssRequest, { params = [], headers = [] }: Allowed): void {
  const { method } = request;
  for (const [name, value] of request.query) {
    if (!PARAMS.has(name) && !params.includes(name) && !isHarmless(name, value)) throw missing(name, 'parameter');
  }
  for (const [name, value] of request.headers) {
    if (name.startsWith('x-oss-')) {
      if (HEADERS.has(name) || headers.includes(name) || isHarmless(name, value)) continue;
      if (name.startsWith('x-oss-meta-') && method !== 'GET') continue;
      throw missing(name, 'header');
    }
    if (method === 'GET' || method === 'HEAD') continue;
    // OSS has conditions for reading only; whoever sets one here wants something else than it would get.
    if (name === 'if-match' || name === 'if-none-match') throw missing(name, 'header');
    if (name === 'content-encoding' && /\baws-chunked\b/i.test(value)) throw notImplemented('chunks that are signed');
  }
}

function isHarmless(name: string, value: string): boolean {
  return Object.hasOwn(HARMLESS, name) && HARMLESS[name]?.includes(value.trim().toLowerCase()) === true;
}

function missing(name: string, what: 'parameter' | 'header'): Error {
  if (name.startsWith('x-oss-server-side-')) return notImplemented('encryption on the server');
  const known = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  return notImplemented(known ?? `the ${what} ${JSON.stringify(name)} of this request`);
}
