import type { AdmissionRequest } from '../access/admission.ts';
import type { Denial } from '../access/denial.ts';
import type { Principal } from '../access/principal.ts';
import type { SessionContext } from '../protocols/context.ts';
import { RequestError } from './request-error.ts';

/** Who sends a request, and the name that it wants to be called by, if any. */
export type Asker = Pick<AdmissionRequest, 'id' | 'peer' | 'wireFault' | 'secret' | 'insists' | 'isRemote'>;

/**
 * Who asks by HTTP. Rejects with a RequestError where it is not let in, with the sentence that `explain` makes of the denial.
 */
export function identify(
  { access }: SessionContext,
  asker: Asker,
  explain: (denial: Denial) => string = ({ why }) => `You may not do this: ${why}.`,
): Promise<Principal> {
  return new Promise((resolve, reject) => {
    access.admit({ ...asker, protocol: 'http', isGone: () => false }, ({ principal, denial }) => {
      if (denial) reject(new RequestError(denial.code, explain(denial)));
      else resolve(principal);
    });
  });
}
