import type { AdmissionRequest } from '../access/admission.ts';
import type { Claim } from '../access/claim.ts';
import type { Denial } from '../access/denial.ts';
import type { Principal } from '../access/principal.ts';
import type { SessionContext } from '../protocols/context.ts';
import { RequestError } from './request-error.ts';

/** Who makes a request: where it comes from, and what it brings to prove who it is. */
export type Asker = Pick<
  Claim,
  'peer' | 'account' | 'secret' | 'insists' | 'certificate' | 'signedIn' | 'page' | 'isRemote'
>;

/** A credential is missing or wrong. */
export const UNAUTHORIZED = 401;

/** Who sends a request, and the name that it wants to be called by, if any. */
export type NamedAsker = Asker & Pick<AdmissionRequest, 'id' | 'wireFault'>;

/** Whether a request brings the credential of an account, and it is right. */
export async function isProven(context: SessionContext, asker: Asker | undefined): Promise<boolean> {
  // It was refused before anybody looked.
  if (asker === undefined) return false;
  try {
    return (await identify(context, asker)).proof !== 'none';
  } catch (error) {
    if (error instanceof RequestError) return false;
    throw error;
  }
}

/**
 * Who asks by HTTP. Rejects with a RequestError where it is not let in, with the sentence that `explain` makes of the denial: 401 where its
 * credential is missing or wrong.
 */
export async function identify(
  { access }: SessionContext,
  asker: NamedAsker,
  explain: (denial: Denial) => string = ({ why }) => `This was refused: ${why}.`,
): Promise<Principal> {
  const admit = (claim: NamedAsker): Promise<Principal | Denial> =>
    new Promise((resolve) => {
      access.admit({ ...claim, protocol: 'http', isGone: () => false }, ({ principal, denial }) => {
        resolve(principal ?? denial);
      });
    });
  const verdict = await admit(asker);
  if (!('reason' in verdict)) return verdict;
  const isUnproven = verdict.reason === 'password' && !verdict.isProven;
  throw new RequestError(verdict.code, explain(verdict), isUnproven ? UNAUTHORIZED : undefined);
}
