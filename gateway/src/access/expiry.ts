import type { Clock } from '../common/clock.ts';
import type { Account } from './account.ts';
import type { AccountBook } from './account-book.ts';

/** How often it looks while there is an account that ends: the clock may be set in between, and no timer reaches years. */
const LOOK_MS = 30_000;

/** Whether an account's time is over, by a clock that is right. */
export function isOver({ expiresMs }: Pick<Account, 'expiresMs'>, clock: Clock): boolean {
  return expiresMs !== undefined && clock.isTrusted() && clock.now() >= expiresMs;
}

/**
 * Calls `ended` as soon as an account has expired by a clock that is right. The returned function ends this. As long as no account is to
 * end, it costs nothing.
 */
export function watchExpiry(accounts: AccountBook, clock: Clock, ended: () => void): () => void {
  /** Up to when all that has expired has been told of. */
  let toldMs = Number.NEGATIVE_INFINITY;
  let cancel = (): void => {};

  const look = (): void => {
    cancel();
    cancel = () => {};
    const nowMs = clock.isTrusted() ? clock.now() : Number.NEGATIVE_INFINITY;
    let nextMs = Number.POSITIVE_INFINITY;
    let hasEnded = false;
    let hasAny = false;
    for (const { expiresMs } of accounts.list()) {
      if (expiresMs === undefined) continue;
      hasAny = true;
      if (expiresMs > nowMs) nextMs = Math.min(nextMs, expiresMs);
      else hasEnded ||= expiresMs > toldMs;
    }
    // A clock that is set back lets accounts live again, which then end again.
    toldMs = nowMs;
    if (hasAny) cancel = clock.after(Math.min(nextMs - Math.max(nowMs, 0), LOOK_MS), look);
    if (hasEnded) ended();
  };

  const stopListening = accounts.onChange(look);
  look();
  return () => {
    stopListening();
    cancel();
  };
}
