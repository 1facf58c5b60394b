import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../common/clock.ts';
import type { AccessKey } from '../access-keys.ts';
import { OssError } from '../oss-error.ts';
import type { RawRequest, Target } from '../request.ts';
import { type Claim, denied, readClaim } from './claim.ts';
import { signV1, stringToSignV1 } from './v1.ts';
import { canonicalRequestV4, signV4, stringToSignV4 } from './v4.ts';

export interface AuthenticateOptions {
  findKey(id: string): Promise<AccessKey | undefined>;
  /** How old a request is cannot be judged while this is not trusted. */
  clock: Pick<Clock, 'now' | 'isTrusted'>;
  /** Is called for a wrong signature, or one of no key; what it throws is the answer, else that comes when it resolves. */
  wrong?(keyId: string, key: AccessKey | undefined): Promise<void>;
}

const MAX_SKEW_MS = 15 * 60_000;

/**
 * Checks a request's signature, always.
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
  const key = await options.findKey(claim.keyId);
  if (!key) {
    await options.wrong?.(claim.keyId, undefined);
    const details = { OSSAccessKeyId: claim.keyId };
    throw new OssError(403, 'InvalidAccessKeyId', 'The OSS Access Key Id you provided does not exist.', details);
  }
  checkTime(claim, options);
  let mismatch: OssError | undefined;
  for (const target of targets) {
    for (const path of signedPaths(target, request.path)) {
      const made = sign(request, claim, path, key.secret);
      if (isSame(made.signature, claim.signature)) return { target, key };
      mismatch ??= signatureMismatch(claim, made);
    }
  }
  if (mismatch !== undefined) await options.wrong?.(claim.keyId, key);
  throw mismatch ?? denied('The request is about nothing.');
}

interface Signed {
  signature: string;
  stringToSign: string;
  canonicalRequest?: string;
}

/** What a client may have signed as its path: some leave out the slash behind a bucket, as it was not sent. */
function signedPaths({ bucket, key }: Target, sent: string): string[] {
  if (bucket === undefined) return ['/'];
  const path = `/${bucket}/${key}`;
  return key === '' && sent === `/${bucket}` ? [path, sent] : [path];
}

function sign(request: RawRequest, claim: Claim, path: string, secret: string): Signed {
  if (claim.version === 1) {
    const stringToSign = stringToSignV1(request, claim, path);
    return { signature: signV1(secret, stringToSign), stringToSign };
  }
  const canonicalRequest = canonicalRequestV4(request, claim, path);
  const stringToSign = stringToSignV4(claim, canonicalRequest);
  return { signature: signV4(secret, claim, stringToSign), stringToSign, canonicalRequest };
}

/** OSS knows no signed payloads, and a client that believes in one should not. */
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
function checkTime({ signedMs, expiresMs }: Claim, { clock }: AuthenticateOptions): void {
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

function signatureMismatch({ keyId, signature }: Claim, { stringToSign, canonicalRequest }: Signed): OssError {
  return new OssError(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    {
      OSSAccessKeyId: keyId,
      SignatureProvided: signature,
      StringToSign: stringToSign,
      StringToSignBytes: Buffer.from(stringToSign)
        .toString('hex')
        .replace(/..(?=.)/g, '$& '),
      ...(canonicalRequest !== undefined && { CanonicalRequest: canonicalRequest }),
    },
  );
}

/** Takes a time that does not tell how much was right. */
function isSame(expected: string, given: string): boolean {
  const one = Buffer.from(expected);
  const other = Buffer.from(given);
  return one.length === other.length && timingSafeEqual(one, other);
}

/** A time as OSS writes it; one beyond what a calendar has is written as the number it was. */
function iso(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
