import type { Caller } from './caller.ts';
import type { Ledger } from './ledger.ts';
import type { World } from './world.ts';

/** Notes how much there is of everything, roughly, so that inputs are kept by which there is more. */
export function noteState({ store }: World, ledger: Ledger, callers: readonly Caller[]): void {
  const most = { queued: 0, received: 0, open: 0 };
  for (const { queue, received } of store.sessions.all()) {
    most.queued = Math.max(most.queued, queue.count);
    most.received = Math.max(most.received, received.size);
  }
  for (const { open } of callers) most.open = Math.max(most.open, open.size);
  const online = callers.filter(({ isIn }) => isIn).length;
  const counts = { ...most, online, sessions: store.sessions.size, retained: store.retained.size };
  const all = Object.entries(counts).map(([what, count]) => `${what} ${Math.min(count, 15)}`);
  for (const [index, one] of all.entries()) {
    for (const other of all.slice(0, index)) ledger.happened(`${one}, ${other}`);
  }
}
