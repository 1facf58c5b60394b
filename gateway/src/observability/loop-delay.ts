import type { Clock } from '../common/clock.ts';
import type { Metrics } from '../common/metrics.ts';

/**
 * How often it is looked at: each look wakes an idle processor. What keeps the loop for longer is always seen, what is shorter as often
 * as it is there.
 */
const EVERY_MS = 1000;
const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * Measures how much later than it should the event loop comes round to a timer: so long would a message wait that arrives just
 * then. Each time, `look` is told. Returns what ends it.
 */
export function measureLoopDelay(
  clock: Clock,
  metrics: Metrics,
  look: (delayMs: number) => void = () => {},
): () => void {
  const delay = metrics.histogram(
    {
      name: 'crosscomm_event_loop_delay_seconds',
      help: 'How much later than it should the event loop came round to a timer, looked at once a second.',
      unit: 'seconds',
    },
    BOUNDS_S,
  );
  let lastMs = clock.monotonicMs();
  return clock.every(EVERY_MS, () => {
    const nowMs = clock.monotonicMs();
    const delayMs = Math.max(0, nowMs - lastMs - EVERY_MS);
    delay.observe(delayMs / 1000);
    lastMs = nowMs;
    look(delayMs);
  });
}
