import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AuthenticateOptions, authenticateAws } from '../../src/oss/signature/authenticate.ts';
import { addressedTargets } from '../../src/oss/target.ts';
import { awsRequest, EXAMPLE_KEY, VECTORS, type Vector } from './aws-vectors.ts';

function options(nowMs: number, { isTrusted = true, secret = EXAMPLE_KEY.secret } = {}): AuthenticateOptions {
  const key = { id: EXAMPLE_KEY.id, secret, name: '', createdMs: 0 };
  return {
    findKey: async (id) => (id === key.id ? key : undefined),
    clock: { now: () => nowMs, isTrusted: () => isTrusted },
  };
}

/** The object that was signed. */
async function authenticate({ request, nowMs, targets }: Vector, more?: Parameters<typeof options>[1]) {
  return (await authenticateAws(request, targets, options(nowMs, more))).target;
}

const MINUTE = 60_000;
const mismatch = { code: 'SignatureDoesNotMatch', status: 403 };

describe.each(Object.entries(VECTORS))('a signature %s', (_name, vector) => {
  const { request, nowMs } = vector;
  const isUrl = !request.headers.has('authorization');
  const endMs = request.query.some(([name]) => name === 'X-Amz-Expires') ? nowMs + 86_400_000 : nowMs;

  it('is right as its documentation has it', async () => {
    expect(await authenticate(vector)).toBe(vector.targets[0]?.target);
  });

  it('is wrong once anything that it covers is changed', async () => {
    const isCovered = (name: string): boolean => /^(?:host|range|content-type|x-amz-(?!content))/.test(name);
    const isV4 = request.headers.get('authorization')?.startsWith('AWS4') ?? endMs > nowMs;
    const names = [...request.headers.keys()].filter((name) => isCovered(name) && (isV4 || name !== 'host'));
    const changed = [
      { ...request, method: 'DELETE' },
      { ...request, path: '/other', sentPath: '/other' },
      { ...request, query: [...request.query, ['uploads', ''] as const] },
      ...names
        .filter((name) => name !== 'x-amz-date')
        .map((name) => ({ ...request, headers: new Map([...request.headers, [name, 'changed']]) })),
    ];
    for (const each of changed)
      await expect(authenticate({ ...vector, request: each })).rejects.toMatchObject(mismatch);
  });

  it('of another secret is answered with what should have been signed, and no secret', async () => {
    const error: unknown = await authenticate(vector, { secret: 'another-secret' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      ...mismatch,
      details: {
        AWSAccessKeyId: EXAMPLE_KEY.id,
        StringToSign: expect.stringContaining('\n'),
        SignatureProvided: expect.any(String),
      },
    });
    expect(JSON.stringify(error)).not.toContain('another-secret');
  });

  it('is good for fifteen minutes, or until its URL ends', async () => {
    const at = (ms: number) => authenticate({ ...vector, nowMs: ms });
    const skewed = { code: isUrl ? 'AccessDenied' : 'RequestTimeTooSkewed' };
    await expect(at(endMs + (isUrl ? 1 : 15 * MINUTE + 1))).rejects.toMatchObject(skewed);
    expect(await at(endMs + (isUrl ? 0 : 15 * MINUTE))).toBe(vector.targets[0]?.target);
    if (!isUrl) await expect(at(nowMs - 15 * MINUTE - 1)).rejects.toMatchObject(skewed);
  });

  it('is of any age where the machine does not know the time, but that its URL may end', async () => {
    expect(await authenticate({ ...vector, nowMs: 0 }, { isTrusted: false })).toBe(vector.targets[0]?.target);
    const later = authenticate({ ...vector, nowMs: nowMs + 86_400_000_000 }, { isTrusted: false });
    if (isUrl) await expect(later).rejects.toMatchObject({ code: 'AccessDenied', message: 'Request has expired.' });
    else expect(await later).toBe(vector.targets[0]?.target);
  });

  it('is of no use with a key that does not exist', async () => {
    const none = { ...options(nowMs), findKey: async () => undefined };
    await expect(authenticateAws(request, vector.targets, none)).rejects.toMatchObject({
      code: 'InvalidAccessKeyId',
      details: { AWSAccessKeyId: EXAMPLE_KEY.id },
    });
  });
});

describe('a request', () => {
  const nowMs = Date.UTC(2013, 4, 24);
  const ask = (headers: Record<string, string>, query: [string, string][] = []) =>
    authenticateAws(
      awsRequest({ headers: new Map(Object.entries({ host: 'pi', ...headers })), query }),
      [{ target: { key: '' } }],
      options(nowMs),
    );
  const scope = '20130524/us-east-1/s3/aws4_request';
  const v4 = (credential: string) => `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=x`;
  const url = (changed: Record<string, string>): [string, string][] =>
    Object.entries({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${EXAMPLE_KEY.id}/${scope}`,
      'X-Amz-Date': '20130524T000000Z',
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': 'x',
      ...changed,
    });
  const date = new Date(nowMs).toUTCString();

  it.each<[string, Record<string, string>, [string, string][], string]>([
    ['without a signature', {}, [], 'AccessDenied'],
    ['with no key in V2', { authorization: 'AWS :x', date }, [], 'InvalidArgument'],
    ['with no date in V2', { authorization: 'AWS ak:x' }, [], 'AccessDenied'],
    ['with a date that is none', { authorization: 'AWS ak:x', date: 'yesterday' }, [], 'AccessDenied'],
    ['with half a URL of V2', {}, [['AWSAccessKeyId', 'ak']], 'AccessDenied'],
    ['with half a credential', { authorization: v4('ak/2013') }, [], 'AuthorizationHeaderMalformed'],
    ['with nothing in V4', { authorization: 'AWS4-HMAC-SHA256 ' }, [], 'AuthorizationHeaderMalformed'],
    ['with no digest of its body in V4', { authorization: v4(`ak/${scope}`), date }, [], 'InvalidRequest'],
    [
      'with the time of another day',
      { authorization: v4(`ak/${scope}`), 'x-amz-date': '20130525T000000Z', 'x-amz-content-sha256': 'x' },
      [],
      'AuthorizationHeaderMalformed',
    ],
    ['with another algorithm', { authorization: 'AWS4-ECDSA-P256-SHA256 x' }, [], 'InvalidArgument'],
    ['whose URL has another algorithm', {}, url({ 'X-Amz-Algorithm': 'X' }), 'AuthorizationQueryParametersError'],
    ['whose URL has half a credential', {}, url({ 'X-Amz-Credential': 'ak' }), 'AuthorizationQueryParametersError'],
    ['whose URL has no time', {}, url({ 'X-Amz-Date': 'now' }), 'AuthorizationQueryParametersError'],
    ['whose URL never ends', {}, url({ 'X-Amz-Expires': '604801' }), 'AuthorizationQueryParametersError'],
    ['whose URL is good for no time', {}, url({ 'X-Amz-Expires': '0' }), 'AuthorizationQueryParametersError'],
    ['that is signed twice', { authorization: 'AWS ak:x' }, url({}), 'InvalidArgument'],
    ['with a security token', { authorization: 'AWS ak:x', 'x-amz-security-token': 'x' }, [], 'InvalidAccessKeyId'],
    ['whose URL has a security token', {}, url({ 'X-Amz-Security-Token': 'x' }), 'InvalidAccessKeyId'],
  ])('%s is refused', async (_what, headers, query, code) => {
    await expect(ask(headers, query)).rejects.toMatchObject({ code });
  });

  it('may be signed over its Date in V4, as the test suite of these signatures does', async () => {
    // "get-vanilla", which has a secret of its own.
    const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
    const signature = 'b27ccfbfa7df52a200ff74193ca6e32d4b48b8856fab7ebf1c595d0670a7e470';
    const credential = `${EXAMPLE_KEY.id}/20110909/us-east-1/host/aws4_request`;
    const signed = (time: string): Promise<unknown> => {
      const headers = new Map([
        ['host', 'host.foo.com'],
        ['date', time],
        ['x-amz-content-sha256', createHash('sha256').digest('hex')],
        ['authorization', `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=date;host, Signature=${signature}`],
      ]);
      const vector = { request: awsRequest({ headers }), nowMs: Date.UTC(2011, 8, 9, 23, 36), targets: [] };
      return authenticate({ ...vector, targets: [{ target: { key: 'it' } }] }, { secret });
    };
    expect(await signed('Mon, 09 Sep 2011 23:36:00 GMT')).toEqual({ key: 'it' });
    await expect(signed('Mon, 09 Sep 2011 23:35:00 GMT')).rejects.toMatchObject(mismatch);
    await expect(signed('Sat, 10 Sep 2011 00:01:00 GMT')).rejects.toMatchObject({
      code: 'AuthorizationHeaderMalformed',
    });
  });

  it('whose URL is signed by V2 gets no headers by parameters that are added to it', async () => {
    const vector = VECTORS['V2 in a URL'] as Vector;
    const query = [...vector.request.query, ['x-amz-copy-source', '/bucket/secret'] as const];
    await expect(authenticate({ ...vector, request: { ...vector.request, query } })).rejects.toMatchObject(mismatch);
  });

  it('whose signature leaves out a header that changes what is asked for is refused', async () => {
    const vector = VECTORS['V4 of an upload'] as Vector;
    const headers = new Map([...vector.request.headers, ['x-amz-acl', 'public-read']]);
    await expect(authenticate({ ...vector, request: { ...vector.request, headers } })).rejects.toMatchObject({
      code: 'AccessDenied',
      details: { HeadersNotSigned: 'x-amz-acl' },
    });
  });
});

describe('what a request is about', () => {
  const about = (host: string, path: string, machine = 'pi') =>
    addressedTargets({ host, path }, 'crosscomm', machine).map(({ target }) => target);
  const object = { bucket: 'crosscomm', key: 'a/b' };

  it('is in the path, where the host is an address or another name', () => {
    for (const host of ['192.168.1.10', '[::1]', 'localhost', 'crosscomm', 'pi.local']) {
      expect(about(host, '/crosscomm/a/b')).toEqual([object]);
    }
    expect(about('pi.local', '/')).toEqual([{ key: '' }]);
    expect(about('pi.local', '/crosscomm')).toEqual([{ bucket: 'crosscomm', key: '' }]);
  });

  it('is in the host, where that begins with the bucket', () => {
    expect(about('crosscomm.pi.local', '/a/b')[0]).toEqual(object);
    expect(about('crosscomm.localhost', '/')[0]).toEqual({ bucket: 'crosscomm', key: '' });
  });

  it('is in the path, where the machine has the name of the bucket', () => {
    expect(about('crosscomm.local', '/crosscomm/a/b', 'crosscomm')[0]).toEqual(object);
    expect(about('crosscomm.crosscomm.local', '/a/b', 'crosscomm.local')[0]).toEqual(object);
  });
});
