import { timingSafeEqual } from 'node:crypto';
import { OssError } from '../oss-error.ts';

/** What the secret of a key would have signed. */
export interface Signed {
  signature: string;
  stringToSign: string;
  canonicalRequest?: string;
}

/**
 * The answer to a wrong signature, which says what should have been signed.
 *
 * @param who the key, by the name that the client's protocol has for it
 * @param given the signature that came
 */
export function signatureMismatch(
  who: Record<string, string>,
  { stringToSign, canonicalRequest }: Signed,
  given: string,
): OssError {
  return new OssError(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    {
      ...who,
      SignatureProvided: given,
      StringToSign: stringToSign,
      StringToSignBytes: hexBytes(stringToSign),
      ...(canonicalRequest !== undefined && { CanonicalRequest: canonicalRequest }),
    },
  );
}

/** Compares in constant time, which does not tell how much of the signature was right. */
export function isSame(expected: string, given: string): boolean {
  const one = Buffer.from(expected);
  const other = Buffer.from(given);
  return one.length === other.length && timingSafeEqual(one, other);
}

function hexBytes(text: string): string {
  return Buffer.from(text)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
}
