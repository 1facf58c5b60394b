import type { Session } from '../hub/session.ts';
import type { AdmittedSession } from './principal.ts';
import type { Sees } from './rights.ts';

/** Whom the client of a session may know of; undefined: everyone, as the gateway's own clients may. */
export function seesOf(session: Session): Sees | undefined {
  return (session as Partial<AdmittedSession>).principal?.rights.sees;
}
