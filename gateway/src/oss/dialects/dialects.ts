import type { IncomingMessage } from 'node:http';
import type { OperationTable } from '../operations/table.ts';
import type { Dialect } from './contract.ts';
import { OSS } from './oss/dialect.ts';
import { OSS_TABLE } from './oss/operations.ts';
import { S3 } from './s3/dialect.ts';
import { S3_TABLE } from './s3/operations.ts';

/** The operations of each dialect. */
export const TABLES: Record<Dialect['name'], OperationTable> = { oss: OSS_TABLE, s3: S3_TABLE };

/** Signatures in a URL, of V4 and of V2. */
const AWS_SIGNED_URL = /[?&](?:X-Amz-(?:Algorithm|Signature)|AWSAccessKeyId)=/;

/** The dialect that a request is in, and is to be answered in: that of its signature; where it has none, that of its headers. */
export function dialectOf({ headers, url = '' }: Pick<IncomingMessage, 'headers' | 'url'>): Dialect {
  const { authorization } = headers;
  if (authorization?.startsWith('OSS')) return OSS;
  if (authorization?.startsWith('AWS') || AWS_SIGNED_URL.test(url)) return S3;
  return Object.keys(headers).some((name) => name.startsWith('x-amz-')) ? S3 : OSS;
}
