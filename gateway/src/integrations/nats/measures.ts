import type { Clock } from '../../common/clock.ts';
import type { Counter, Metrics } from '../../common/metrics.ts';

/** Retained messages that crossed. */
export interface RetainedCounts {
  /** Set or removed here, and on the servers. */
  readonly told: Counter;
  /** Set or removed elsewhere, and here by now. */
  readonly taken: Counter;
}

/** Scheduled messages that others know of. */
export interface ScheduledCounts {
  /** Scheduled here, and on the servers. */
  readonly told: Counter;
  /** From gateways that are gone. */
  readonly takenOver: Counter;
}

export function retainedCounts(metrics: Metrics): RetainedCounts {
  const counters = metrics.counters({
    name: 'crosscomm_cluster_retained_total',
    help: 'Retained messages, set or removed, that gateways share: told to the others, and taken from them.',
    labels: ['way'],
  });
  return { told: counters.of({ way: 'told' }), taken: counters.of({ way: 'taken' }) };
}

export function scheduledCounts(metrics: Metrics): ScheduledCounts {
  const counters = metrics.counters({
    name: 'crosscomm_cluster_scheduled_total',
    help: 'Scheduled messages that gateways share: told to the others, and taken over from gateways that are gone.',
    labels: ['way'],
  });
  return { told: counters.of({ way: 'told' }), takenOver: counters.of({ way: 'taken_over' }) };
}

/** What waits, and since when in milliseconds since 1970; what is not here. */
export interface Waiting {
  retained(): { readonly waiting: number; readonly oldestMs: number | null; readonly leftOut: number };
  scheduled(): { readonly untold: number };
}

/** Shows how it stands with what gateways share. */
export function measure(metrics: Metrics, clock: Clock, { retained, scheduled }: Waiting): void {
  const waiting = 'Retained messages that were set or removed here and are not told to the other gateways yet.';
  metrics.gauge({ name: 'crosscomm_cluster_retained_waiting', help: waiting }, () => retained().waiting);
  const oldest = 'For how long the oldest of these has been waiting.';
  metrics.gauge({ name: 'crosscomm_cluster_retained_waiting_seconds', help: oldest, unit: 'seconds' }, () => {
    const { oldestMs } = retained();
    return oldestMs === null ? 0 : Math.max(0, clock.now() - oldestMs) / 1000;
  });
  const leftOut = 'Retained messages of other gateways that are not here, as there was no room.';
  metrics.gauge({ name: 'crosscomm_cluster_retained_left_out', help: leftOut }, () => retained().leftOut);
  const untold = 'Messages that were scheduled or sent here without the other gateways knowing it yet.';
  metrics.gauge({ name: 'crosscomm_cluster_scheduled_untold', help: untold }, () => scheduled().untold);
}
