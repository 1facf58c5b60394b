import type { Clock } from '../../common/clock.ts';
import type { BackupHeader } from './format.ts';

const DAY_MS = 86_400_000;
/** How long the gateway must have run since a backup of whose time nothing is known, before the next. */
const NEARLY_A_DAY_MS = DAY_MS / 2;

/**
 * Whether a daily backup is due: the time of day has come, or has passed while the gateway was off; or, while the clock is not known to be
 * right, the gateway has run for a day since the last one.
 *
 * @param last undefined: there is none
 * @param at the time of day, `03:00`, in the machine's time zone
 */
export function isDue(
  last: Pick<BackupHeader, 'createdMs' | 'isClockTrusted' | 'ranMs'> | undefined,
  at: string,
  clock: Pick<Clock, 'now' | 'isTrusted' | 'monotonicMs'>,
): boolean {
  if (last === undefined) return true;
  const ranMs = clock.monotonicMs() - (last.ranMs ?? Number.NEGATIVE_INFINITY);
  // After a restore, the gateway may know less of how long it has run.
  const hasRun = (ms: number): boolean => ranMs >= ms || ranMs < 0;
  if (!clock.isTrusted()) return hasRun(DAY_MS);
  if (!last.isClockTrusted) return hasRun(NEARLY_A_DAY_MS);
  const nowMs = clock.now();
  return last.createdMs < latest(at, nowMs) || last.createdMs > nowMs + DAY_MS;
}

/** When it was that time of day for the last time. */
function latest(at: string, nowMs: number): number {
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  const time = new Date(nowMs);
  time.setHours(hours, minutes, 0, 0);
  if (time.getTime() > nowMs) time.setDate(time.getDate() - 1);
  return time.getTime();
}
