import type { Principal } from '../access/principal.ts';
import type { SessionContext } from '../protocols/context.ts';

/** How often it is asked: a changed rule ends a transfer within a second. */
const CHECK_MS = 500;

/**
 * Calls `end` once when a principal may not go on with what takes long, a stream, a download or an upload: it was revoked, or `isAllowed`
 * does not hold any more. The returned function ends this; call it.
 */
export function whileAllowed(
  { access, clock }: SessionContext,
  principal: Principal,
  isAllowed: () => boolean,
  end: () => void,
): () => void {
  let isOver = false;
  const stop = (): void => {
    isOver = true;
    stopWatching();
    stopChecking();
  };
  const tell = (): void => {
    if (isOver) return;
    isOver = true;
    end();
  };
  const stopWatching = access.watch(principal, tell);
  const stopChecking = clock.every(CHECK_MS, () => {
    if (!isAllowed()) tell();
  });
  return stop;
}
