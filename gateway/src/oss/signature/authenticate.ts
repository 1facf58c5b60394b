import type { Clock } from '../../common/clock.ts';
import type { AccessKey } from '../access-keys.ts';
import type { SignedBody } from '../body/aws-payload.ts';
import { OssError } from '../oss-error.ts';
import type { RawRequest, Target } from '../request.ts';
import type { Addressed } from '../target.ts';
import { type AwsClaim, readAwsClaim } from './aws-claim.ts';
import { stringToSignAwsV2 } from './aws-v2.ts';
import {
  canonicalRequestAwsV4,
  chunkSignatures,
  signAwsV4,
  signingKeyAwsV4,
  stringToSignAwsV4,
  unsignedHeaders,
} from './aws-v4.ts';
import { type Claim, denied, readClaim } from './claim.ts';
import { isSame, type Signed, signatureMismatch } from './mismatch.ts';
import { sha1Signature } from './sha1-signature.ts';
import { stringToSignV1 } from './v1.ts';
import { canonicalRequestV4, signV4, stringToSignV4 } from './v4.ts';

export interface AuthenticateOptions {
  findKey(id: string): Promise<AccessKey | undefined>;
  /** The age of a request is not checked while this clock is not trusted. */
  clock: Pick<Clock, 'now' | 'isTrusted'>;
  /** Is called for a wrong signature, or one of no key; what it throws is the answer, else that comes when it resolves. */
  wrong?(keyId: string, key: AccessKey | undefined): Promise<void>;
}

/** What a claim of any kind has. */
type AnyClaim = Pick<Claim | AwsClaim, 'keyId' | 'signature' | 'signedMs' | 'expiresMs'>;

/** What may have been signed. */
interface Candidate {
  target: Target;
  sign(secret: string): Signed;
}

const MAX_SKEW_MS = 15 * 60_000;

/**
 * Checks the signature of a request that is signed as OSS's clients do it, always.
 *
 * @param targets what the request may be about; the signature tells which it is
 * @returns the target that was signed, and the key that signed it
 * @throws OssError where the key, the time or the signature is not right
 */
export async function authenticate(
  request: RawRequest,
  targets: readonly Target[],
  options: AuthenticateOptions,
): Promise<{ target: Target; key: AccessKey }> {
  const claim = readClaim(request);
  checkPayload(request);
  const candidates = targets.flatMap((target) =>
    signedPaths(target, request.path).map((path) => ({
      target,
      sign: (secret: string) => sign(request, claim, path, secret),
    })),
  );
  return prove(claim, candidates, 'OSSAccessKeyId', options);
}

/**
 * The same for a request that is signed as Amazon's clients do it.
 *
 * @param targets V2 tells which it is; V4 signs the name of the host instead, and the first one is meant
 * @returns also what was signed of the body
 */
export async function authenticateAws(
  request: RawRequest,
  targets: readonly Addressed[],
  options: AuthenticateOptions,
): Promise<{ target: Target; key: AccessKey; body: SignedBody }> {
  const claim = readAwsClaim(request);
  if (claim.version === 2) {
    const candidates = targets.flatMap(({ target, hostBucket }) =>
      signedResources(request.sentPath, hostBucket).map((resource) => ({
        target,
        sign(secret: string): Signed {
          const stringToSign = stringToSignAwsV2(request, claim, resource);
          return { signature: sha1Signature(secret, stringToSign), stringToSign };
        },
      })),
    );
    const proven = await prove(claim, candidates, 'AWSAccessKeyId', options);
    return { ...proven, body: { payload: request.headers.get('x-amz-content-sha256') } };
  }
  let signingKey: Buffer = Buffer.alloc(0);
  const sign = (secret: string): Signed => {
    const canonicalRequest = canonicalRequestAwsV4(request, claim);
    const stringToSign = stringToSignAwsV4(claim, canonicalRequest);
    signingKey = signingKeyAwsV4(secret, claim);
    return { signature: signAwsV4(signingKey, stringToSign), stringToSign, canonicalRequest };
  };
  const candidates = targets.slice(0, 1).map(({ target }) => ({ target, sign }));
  const proven = await prove(claim, candidates, 'AWSAccessKeyId', options);
  const forgotten = unsignedHeaders(request, claim);
  if (forgotten.length > 0) {
    const message = 'There were headers present in the request which were not signed';
    throw new OssError(403, 'AccessDenied', message, { HeadersNotSigned: forgotten.join(', ') });
  }
  const signatures = chunkSignatures(signingKey, claim);
  return { ...proven, body: { payload: claim.payload, signatures } };
}

/** What a client may have signed by V2 as the resource: boto3 adds the slash behind a bucket, and does not send it. */
function signedResources(sentPath: string, hostBucket: string | undefined): string[] {
  if (hostBucket !== undefined) return [`/${hostBucket}${sentPath}`];
  return /^\/[^/]+$/.test(sentPath) ? [sentPath, `${sentPath}/`] : [sentPath];
}

/** Finds which candidate the claimed key signed, in time. */
async function prove(
  claim: AnyClaim,
  candidates: readonly Candidate[],
  idName: 'OSSAccessKeyId' | 'AWSAccessKeyId',
  options: AuthenticateOptions,
): Promise<{ target: Target; key: AccessKey }> {
  const who = { [idName]: claim.keyId };
  const key = await options.findKey(claim.keyId);
  if (!key) {
    await options.wrong?.(claim.keyId, undefined);
    throw new OssError(403, 'InvalidAccessKeyId', NO_KEY[idName], who);
  }
  checkTime(claim, options);
  let mismatch: OssError | undefined;
  for (const { target, sign } of candidates) {
    const made = sign(key.secret);
    if (isSame(made.signature, claim.signature)) return { target, key };
    mismatch ??= signatureMismatch(who, made, claim.signature);
  }
  if (mismatch !== undefined) await options.wrong?.(claim.keyId, key);
  throw mismatch ?? denied('The request is about nothing.');
}

const NO_KEY = {
  OSSAccessKeyId: 'The OSS Access Key Id you provided does not exist.',
  AWSAccessKeyId: 'The AWS Access Key Id you provided does not exist in our records.',
};

/** What a client may have signed as its path: some leave out the slash behind a bucket, as it was not sent. */
function signedPaths({ bucket, key }: Target, sent: string): string[] {
  if (bucket === undefined) return ['/'];
  const path = `/${bucket}/${key}`;
  return key === '' && sent === `/${bucket}` ? [path, sent] : [path];
}

function sign(request: RawRequest, claim: Claim, path: string, secret: string): Signed {
  if (claim.version === 1) {
    const stringToSign = stringToSignV1(request, claim, path);
    return { signature: sha1Signature(secret, stringToSign), stringToSign };
  }
  const canonicalRequest = canonicalRequestV4(request, claim, path);
  const stringToSign = stringToSignV4(claim, canonicalRequest);
  return { signature: signV4(secret, claim, stringToSign), stringToSign, canonicalRequest };
}

/** OSS does not sign payloads: a client that expects it must not believe that its body was checked. */
function checkPayload({ headers }: RawRequest): void {
  const payload = headers.get('x-oss-content-sha256');
  if (payload === undefined || payload === 'UNSIGNED-PAYLOAD') return;
  throw new OssError(400, 'InvalidArgument', 'The only x-oss-content-sha256 there is here is UNSIGNED-PAYLOAD.', {
    ArgumentName: 'x-oss-content-sha256',
    ArgumentValue: payload,
  });
}

/**
 * A URL ends when the gateway's clock says so, whatever that clock is worth. Everything else about time needs a clock
 * that was set: without one the clients' may be right, and the signature alone has to do.
 */
function checkTime({ signedMs, expiresMs }: AnyClaim, { clock }: AuthenticateOptions): void {
  const nowMs = clock.now();
  if (expiresMs !== undefined && nowMs > expiresMs) {
    throw denied('Request has expired.', { Expires: iso(expiresMs), ServerTime: iso(nowMs) });
  }
  if (signedMs === undefined || !clock.isTrusted()) return;
  const aheadMs = signedMs - nowMs;
  const isTooOld = expiresMs === undefined && aheadMs < -MAX_SKEW_MS;
  if (!isTooOld && aheadMs <= MAX_SKEW_MS) return;
  throw new OssError(
    403,
    'RequestTimeTooSkewed',
    'The difference between the request time and the current time is too large.',
    { MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS), RequestTime: iso(signedMs), ServerTime: iso(nowMs) },
  );
}

/** A time as OSS writes it; one beyond what a calendar has is written as the number it was. */
function iso(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
