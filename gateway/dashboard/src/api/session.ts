import { Store } from '../common/store.ts';
import { ApiError, ask, get, whenRefused } from './client.ts';
import type { SignedIn } from './types.ts';

/**
 * Who looks at the page. `out`: the gateway wants to know first, or again, as the session `hasEnded`; `refused`: it lets this browser in on no account, and says why; `lost`: it
 * does not answer.
 */
export type SessionState =
  | { is: 'unknown' | 'lost' }
  | { is: 'out'; hasEnded: boolean }
  | { is: 'refused'; why: string }
  | ({ is: 'in' } & SignedIn);

const PATH = '/api/v1/session';

/** Who looks at the page. */
export const session = new Store<SessionState>({ is: 'unknown' });

/** Asks the gateway who this is. As long as it does not answer, nothing is known but what was known before. */
export async function refreshSession(): Promise<void> {
  try {
    take({ is: 'in', ...(await get<SignedIn>(PATH)) });
  } catch (error) {
    const state = stateOf(error);
    if (state.is !== 'lost' || session.value.is !== 'in') take(state);
  }
}

/** What is the same as before is no news: everything would be drawn again. */
function take(state: SessionState): void {
  if (JSON.stringify(state) !== JSON.stringify(session.value)) session.set(state);
}

function stateOf(error: unknown): SessionState {
  if (!(error instanceof ApiError)) throw error;
  if (error.isUnreachable) return { is: 'lost' };
  if (error.status !== 401) return { is: 'refused', why: error.message };
  const { value } = session;
  return { is: 'out', hasEnded: value.is === 'in' || (value.is === 'out' && value.hasEnded) };
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

// What is said of signing in is for who signs in.
whenRefused((path) => {
  if (path !== PATH) void refreshSession();
});
