import type { Clock } from '../common/clock.ts';
import type { Hub } from '../hub/hub.ts';
import type { Session } from '../hub/session.ts';

/** How late the gateway may know of a client that was heard of. */
const EVERY_MS = 5_000;

/**
 * Notes which clients have sent messages, by what their sessions count anyway, so that no message costs a look at the clock. Other signs of
 * life, such as answers to pings, are noted by the protocols. Returns what ends it.
 */
export function watchSightings(hub: Pick<Hub, 'sessions' | 'touch'>, clock: Clock): () => void {
  const seen = new WeakMap<Session, number>();
  return clock.every(EVERY_MS, () => {
    for (const session of hub.sessions()) {
      const received = session.counts?.received ?? 0;
      if (received === (seen.get(session) ?? 0)) continue;
      seen.set(session, received);
      hub.touch(session.id);
    }
  });
}
