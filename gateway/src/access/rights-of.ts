import type { Session } from '../hub/session.ts';
import type { AdmittedSession } from './principal.ts';
import type { Rights } from './rights.ts';

/** What the client of a session may do; undefined: everything, as the gateway's own clients may. */
export function rightsOf(session: Session): Rights | undefined {
  return (session as Partial<AdmittedSession>).principal?.rights;
}
