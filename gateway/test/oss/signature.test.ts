import { describe, expect, it } from 'vitest';
import type { AccessKey } from '../../src/oss/access-keys.ts';
import type { RawRequest, Target } from '../../src/oss/request.ts';
import { type AuthenticateOptions, authenticate as check } from '../../src/oss/signature/authenticate.ts';

/** The target that was signed. */
async function authenticate(...given: Parameters<typeof check>): Promise<Target> {
  return (await check(...given)).target;
}

function options(key: Partial<AccessKey>, nowMs: number, isTrusted = true): AuthenticateOptions {
  return {
    findKey: async (id) => (id === key.id ? { id, secret: '', name: '', createdMs: 0, ...key } : undefined),
    clock: { now: () => nowMs, isTrusted: () => isTrusted },
  };
}

function request(fields: Partial<RawRequest> & { headers: ReadonlyMap<string, string> }): RawRequest {
  return { method: 'PUT', host: 'localhost', path: '/', sentPath: '/', query: [], ...fields };
}

/** The example of the documentation of V1. */
const V1 = {
  key: { id: '44CF9590006BF252F707', secret: 'OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV' },
  nowMs: Date.UTC(2005, 10, 17, 18, 49, 58),
  target: { bucket: 'oss-example', key: 'nelson' },
  request: request({
    headers: new Map([
      ['content-md5', 'ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM='],
      ['content-type', 'text/html'],
      ['date', 'Thu, 17 Nov 2005 18:49:58 GMT'],
      ['host', 'oss-example.oss-cn-hangzhou.aliyuncs.com'],
      ['x-oss-meta-author', 'foo@bar.com'],
      ['x-oss-magic', 'abracadabra'],
      ['authorization', 'OSS 44CF9590006BF252F707:26NBxoKdsyly4EDv6inkoDft/yA='],
    ]),
  }),
};

/** A vector that the tests of Aliyun's own clients share. */
const V4 = {
  key: { id: 'ak', secret: 'sk' },
  nowMs: 1_702_743_657_000,
  target: { bucket: 'bucket', key: '1234+-/123/1.txt' },
  request: request({
    query: [
      ['param1', 'value1'],
      ['+param1', 'value3'],
      ['|param1', 'value4'],
      ['+param2', ''],
      ['|param2', ''],
      ['param2', ''],
    ],
    headers: new Map([
      ['x-oss-head1', 'value'],
      ['abc', 'value'],
      ['zabc', 'value'],
      ['xyz', 'value'],
      ['content-type', 'text/plain'],
      ['x-oss-content-sha256', 'UNSIGNED-PAYLOAD'],
      ['x-oss-date', '20231216T162057Z'],
      [
        'authorization',
        'OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,' +
          'Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe',
      ],
    ]),
  }),
};

/** The same, with headers signed that need not be. */
const V4_WITH_HEADERS = {
  ...V4,
  nowMs: 1_702_747_512_000,
  request: request({
    ...V4.request,
    headers: new Map([
      ...V4.request.headers,
      ['x-oss-date', '20231216T172512Z'],
      [
        'authorization',
        'OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,AdditionalHeaders=abc;zabc,' +
          'Signature=4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f',
      ],
    ]),
  }),
};

describe.each([
  ['V1', V1],
  ['V4', V4],
  ['V4 with additional headers', V4_WITH_HEADERS],
])('a signature %s', (_version, vector) => {
  const at = (nowMs: number, isTrusted?: boolean) =>
    authenticate(vector.request, [vector.target], options(vector.key, nowMs, isTrusted));

  it('is right as its documentation has it', async () => {
    expect(await at(vector.nowMs)).toBe(vector.target);
  });

  it('tells which target was meant', async () => {
    const others = [{ key: '' }, { bucket: vector.target.bucket, key: 'other' }];
    expect(await authenticate(vector.request, [...others, vector.target], options(vector.key, vector.nowMs))).toBe(
      vector.target,
    );
  });

  it('is wrong once anything that it covers is changed', async () => {
    const authorization = vector.request.headers.get('authorization') ?? '';
    const changed: RawRequest[] = [
      { ...vector.request, method: 'GET' },
      { ...vector.request, query: [...vector.request.query, ['uploads', '']] },
      ...[...vector.request.headers.keys()]
        .filter((name) => name.startsWith('x-oss-head') || name.startsWith('x-oss-m') || name.startsWith('content-'))
        .map((name) => ({ ...vector.request, headers: new Map([...vector.request.headers, [name, 'changed']]) })),
      { ...vector.request, headers: new Map([...vector.request.headers, ['x-oss-more', 'x']]) },
      { ...vector.request, headers: new Map([...vector.request.headers, ['authorization', `${authorization}=`]]) },
    ];
    expect(changed.length).toBeGreaterThan(5);
    for (const each of changed) {
      await expect(authenticate(each, [vector.target], options(vector.key, vector.nowMs))).rejects.toMatchObject({
        code: 'SignatureDoesNotMatch',
        status: 403,
      });
    }
    const otherSecret = options({ ...vector.key, secret: 'other' }, vector.nowMs);
    await expect(authenticate(vector.request, [vector.target], otherSecret)).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
      details: { StringToSign: expect.stringContaining('\n'), SignatureProvided: expect.any(String) },
    });
  });

  it('is good for fifteen minutes, both ways', async () => {
    const minutes = 60_000;
    expect(await at(vector.nowMs + 15 * minutes)).toBe(vector.target);
    expect(await at(vector.nowMs - 15 * minutes)).toBe(vector.target);
    const skewed = {
      code: 'RequestTimeTooSkewed',
      details: { MaxAllowedSkewMilliseconds: '900000', ServerTime: expect.stringMatching(/Z$/) },
    };
    await expect(at(vector.nowMs + 15 * minutes + 1)).rejects.toMatchObject(skewed);
    await expect(at(vector.nowMs - 15 * minutes - 1)).rejects.toMatchObject(skewed);
  });

  it('is of any age where the machine does not know the time', async () => {
    expect(await at(0, false)).toBe(vector.target);
    expect(await at(vector.nowMs + 86_400_000 * 1000, false)).toBe(vector.target);
  });

  it('is of no use with a key that does not exist', async () => {
    const revoked = options({ id: 'another' }, vector.nowMs);
    await expect(authenticate(vector.request, [vector.target], revoked)).rejects.toMatchObject({
      code: 'InvalidAccessKeyId',
      status: 403,
    });
  });
});

describe('a request', () => {
  const signed = (headers: Record<string, string>, query: [string, string][] = []) =>
    authenticate(
      request({ headers: new Map(Object.entries(headers)), query }),
      [{ key: '' }],
      options({ id: 'ak', secret: 'sk' }, V4.nowMs),
    );
  const credential = 'Credential=ak/20231216/r/oss/aliyun_v4_request';

  it.each([
    ['without a signature', {}, 'AccessDenied'],
    ['with a signature of V2', { authorization: 'OSS2 AccessKeyId:ak,Signature:x' }, 'InvalidArgument'],
    ['with another authorization altogether', { authorization: 'Basic YTpi' }, 'InvalidArgument'],
    ['without a date', { authorization: 'OSS ak:x' }, 'AccessDenied'],
    ['with a date that is none', { authorization: 'OSS ak:x', date: 'yesterday' }, 'AccessDenied'],
    ['with no key in V1', { authorization: 'OSS :x' }, 'InvalidArgument'],
    ['with half a credential', { authorization: 'OSS4-HMAC-SHA256 Credential=ak/2023,Signature=x' }, 'InvalidArgument'],
    ['with nothing in V4', { authorization: 'OSS4-HMAC-SHA256 ' }, 'InvalidArgument'],
    [
      'with the time of another day',
      { authorization: `OSS4-HMAC-SHA256 ${credential},Signature=x`, 'x-oss-date': '20231217T000000Z' },
      'InvalidArgument',
    ],
    [
      'with a digest of its content in place of UNSIGNED-PAYLOAD',
      { authorization: 'OSS ak:x', date: new Date(V4.nowMs).toUTCString(), 'x-oss-content-sha256': 'e3b0' },
      'InvalidArgument',
    ],
  ])('%s is refused', async (_what, headers, code) => {
    await expect(signed(headers as Record<string, string>)).rejects.toMatchObject({ code });
  });

  it('that is signed twice is refused', async () => {
    const query: [string, string][] = [
      ['Signature', 'x'],
      ['OSSAccessKeyId', 'ak'],
      ['Expires', '9999999999'],
    ];
    await expect(signed({ authorization: 'OSS ak:x' }, query)).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it.each(['0', '604801', '-1', '1e3', ''])('whose URL is to be good for "%s" seconds is refused', async (seconds) => {
    const query: [string, string][] = [
      ['x-oss-signature-version', 'OSS4-HMAC-SHA256'],
      ['x-oss-credential', 'ak/20231216/r/oss/aliyun_v4_request'],
      ['x-oss-date', '20231216T162057Z'],
      ['x-oss-expires', seconds],
      ['x-oss-signature', 'x'],
    ];
    await expect(signed({}, query)).rejects.toMatchObject({
      code: 'InvalidArgument',
      details: { ArgumentName: 'x-oss-expires' },
    });
  });
});
