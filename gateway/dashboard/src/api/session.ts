import { Store } from '../common/store.ts';
import { ApiError, ask, get, whenUnauthorized } from './client.ts';
import type { SignedIn } from './types.ts';

/**
 * Who looks at the page. `out`: the gateway wants to know first; `refused`: it lets this browser in on no account, and says why; `lost`: it
 * does not answer.
 */
export type SessionState =
  | { is: 'unknown' | 'out' | 'lost' }
  | { is: 'refused'; why: string }
  | ({ is: 'in' } & SignedIn);

const PATH = '/api/v1/session';

/** Who looks at the page. */
export const session = new Store<SessionState>({ is: 'unknown' });

/** Asks the gateway who this is. */
export async function refreshSession(): Promise<void> {
  try {
    session.set({ is: 'in', ...(await get<SignedIn>(PATH)) });
  } catch (error) {
    session.set(stateOf(error));
  }
}

function stateOf(error: unknown): SessionState {
  if (!(error instanceof ApiError)) throw error;
  if (error.isUnreachable) return { is: 'lost' };
  return error.status === 401 ? { is: 'out' } : { is: 'refused', why: error.message };
}

/** Signs in. Throws an ApiError where that fails. */
export async function signIn(account: string, password: string): Promise<void> {
  session.set({ is: 'in', ...(await ask<SignedIn>('POST', PATH, { account, password })) });
}

/** Signs out; what was seen by this account is not kept. */
export async function signOut(): Promise<void> {
  await ask('DELETE', PATH);
  location.reload();
}

/** Whether whoever looks at the page may change things that are the operator's. */
export function mayOperate(state: SessionState): boolean {
  return state.is === 'in' && state.mayOperate;
}

whenUnauthorized(() => session.set({ is: 'out' }));
