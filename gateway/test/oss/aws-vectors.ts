import type { RawRequest } from '../../src/oss/request.ts';
import type { Addressed } from '../../src/oss/target.ts';

/** Examples of the documentation of Amazon S3, in which all are signed with these. */
export const EXAMPLE_KEY = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };

export interface Vector {
  request: RawRequest;
  nowMs: number;
  targets: Addressed[];
}

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export function awsRequest(fields: Partial<RawRequest> & { headers: ReadonlyMap<string, string> }): RawRequest {
  const { path = '/' } = fields;
  return { method: 'GET', host: '', path, sentPath: path, query: [], ...fields };
}

/** "Signature Calculations for the Authorization Header" and "Authenticating Requests: Using Query Parameters". */
function v4(
  fields: Partial<RawRequest>,
  { headers, signature }: { headers: Record<string, string>; signature: string },
): Vector {
  const all = { host: 'examplebucket.s3.amazonaws.com', 'x-amz-date': '20130524T000000Z', ...headers };
  const signed = Object.keys(all).sort().join(';');
  const credential = `${EXAMPLE_KEY.id}/20130524/us-east-1/s3/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${signed},Signature=${signature}`;
  return {
    request: awsRequest({ ...fields, headers: new Map(Object.entries({ ...all, authorization })) }),
    nowMs: Date.UTC(2013, 4, 24),
    targets: [{ target: { bucket: 'examplebucket', key: fields.path?.slice(1) ?? '' } }],
  };
}

export const CHUNKED = v4(
  { method: 'PUT', path: '/examplebucket/chunkObject.txt' },
  {
    headers: {
      host: 's3.amazonaws.com',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'content-length': '66824',
    },
    signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  },
);

export const CHUNKED_WITH_TRAILER = v4(
  { method: 'PUT', path: '/examplebucket/chunkObject.txt' },
  {
    headers: {
      host: 's3.amazonaws.com',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'x-amz-trailer': 'x-amz-checksum-crc32c',
    },
    signature: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  },
);

const [CHUNK_1, CHUNK_2] = [Buffer.alloc(65_536, 'a'), Buffer.alloc(1024, 'a')];

/** Their body, by the signatures of the chunks. */
export function chunkedBody(signatures: readonly string[], behind: string): Buffer {
  const parts = [CHUNK_1, CHUNK_2, Buffer.alloc(0)].flatMap((chunk, index) => [
    `${chunk.length.toString(16)};chunk-signature=${signatures[index]}\r\n`,
    chunk,
    chunk.length === 0 ? behind : '\r\n',
  ]);
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

export const CHUNKED_BODY = chunkedBody(
  [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ],
  '\r\n',
);

export const CHUNKED_BODY_WITH_TRAILER = chunkedBody(
  [
    'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
    '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
    '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
  ],
  'x-amz-checksum-crc32c:sOO8/Q==\r\n' +
    'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n',
);

const PRESIGNED: Vector = {
  request: awsRequest({
    path: '/test.txt',
    query: [
      ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
      ['X-Amz-Credential', `${EXAMPLE_KEY.id}/20130524/us-east-1/s3/aws4_request`],
      ['X-Amz-Date', '20130524T000000Z'],
      ['X-Amz-Expires', '86400'],
      ['X-Amz-SignedHeaders', 'host'],
      ['X-Amz-Signature', 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404'],
    ],
    headers: new Map([['host', 'examplebucket.s3.amazonaws.com']]),
  }),
  nowMs: Date.UTC(2013, 4, 24),
  targets: [{ target: { bucket: 'examplebucket', key: 'test.txt' } }],
};

/** "Authenticating Requests (AWS Signature Version 2)". */
function v2(method: string, path: string, signature: string, more: Partial<RawRequest> & { date: string }): Vector {
  const { date, ...fields } = more;
  const headers = new Map([
    ['host', 'johnsmith.s3.amazonaws.com'],
    ['date', date],
    ...(fields.headers ?? []),
    ['authorization', `AWS ${EXAMPLE_KEY.id}:${signature}`],
  ]);
  return {
    request: awsRequest({ method, path, ...fields, headers }),
    nowMs: Date.parse(date),
    targets: [{ target: { bucket: 'johnsmith', key: path.slice(1) }, hostBucket: 'johnsmith' }],
  };
}

export const VECTORS: Record<string, Vector> = {
  'V4 of a range': v4(
    { path: '/test.txt' },
    {
      headers: { range: 'bytes=0-9', 'x-amz-content-sha256': EMPTY },
      signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    },
  ),
  'V4 of an upload': v4(
    { method: 'PUT', path: '/test$file.text' },
    {
      headers: {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      },
      signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    },
  ),
  'V4 of a setting': v4(
    { query: [['lifecycle', '']] },
    {
      headers: { 'x-amz-content-sha256': EMPTY },
      signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    },
  ),
  'V4 of a list': v4(
    {
      query: [
        ['max-keys', '2'],
        ['prefix', 'J'],
      ],
    },
    {
      headers: { 'x-amz-content-sha256': EMPTY },
      signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    },
  ),
  'V4 of a body in chunks': CHUNKED,
  'V4 of a body in chunks with a trailer': CHUNKED_WITH_TRAILER,
  'V4 in a URL': PRESIGNED,
  'V2 of an object': v2('GET', '/photos/puppy.jpg', 'bWq2s1WEIj+Ydj0vQ697zp+IXMU=', {
    date: 'Tue, 27 Mar 2007 19:36:42 +0000',
  }),
  'V2 of an upload': v2('PUT', '/photos/puppy.jpg', 'MyyxeRY7whkBe+bq8fHCL/2kKUg=', {
    date: 'Tue, 27 Mar 2007 21:15:45 +0000',
    headers: new Map([['content-type', 'image/jpeg']]),
  }),
  'V2 of a list': v2('GET', '/', 'htDYFYduRNen8P9ZfE/s9SuKy0U=', {
    date: 'Tue, 27 Mar 2007 19:42:41 +0000',
    query: [
      ['prefix', 'photos'],
      ['max-keys', '50'],
      ['marker', 'puppy'],
    ],
  }),
  'V2 of a setting': v2('GET', '/', 'c2WLPFtWHVgbEmeEG93a4cG37dM=', {
    date: 'Tue, 27 Mar 2007 19:44:46 +0000',
    query: [['acl', '']],
  }),
  'V2 in a URL': {
    request: awsRequest({
      path: '/photos/puppy.jpg',
      query: [
        ['AWSAccessKeyId', EXAMPLE_KEY.id],
        ['Signature', 'NpgCjnDzrM+WFzoENXmpNDUsSn8='],
        ['Expires', '1175139620'],
      ],
      headers: new Map([['host', 'johnsmith.s3.amazonaws.com']]),
    }),
    nowMs: 1_175_139_620_000,
    targets: [{ target: { bucket: 'johnsmith', key: 'photos/puppy.jpg' }, hostBucket: 'johnsmith' }],
  },
};
