import type { Clock } from '../../../common/clock.ts';
import type { Counter, Metrics } from '../../../common/metrics.ts';
import type { Outbox } from './outbox.ts';

/** What happened to messages that must arrive at other gateways. */
export interface Counts {
  /** On a stream of the servers. */
  readonly acknowledged: Counter;
  readonly received: Counter;
  /** Had come before, or will come again in its order. */
  readonly repeated: Counter;
  /** There was no room for it, or it was too large. */
  readonly refused: Counter;
}

export function countsOf(metrics: Metrics, outbox: Pick<Outbox, 'count' | 'bytes' | 'oldestMs'>, clock: Clock): Counts {
  const counters = metrics.counters({
    name: 'crosscomm_cluster_kept_total',
    help: 'Messages of QoS 1 and 2 to and from other gateways; repeated: they came again and were left out; refused: there was no room.',
    labels: ['way'],
  });
  const waiting = 'Messages that wait on disk until the NATS servers have them.';
  metrics.gauge({ name: 'crosscomm_cluster_waiting', help: waiting }, () => outbox.count);
  const bytes = 'Bytes of these messages on disk.';
  metrics.gauge({ name: 'crosscomm_cluster_waiting_bytes', help: bytes, unit: 'bytes' }, () => outbox.bytes);
  const oldest = 'For how long the oldest of these messages has been waiting.';
  metrics.gauge({ name: 'crosscomm_cluster_waiting_seconds', help: oldest, unit: 'seconds' }, () =>
    outbox.oldestMs === undefined ? 0 : Math.max(0, clock.now() - outbox.oldestMs) / 1000,
  );
  return {
    acknowledged: counters.of({ way: 'acknowledged' }),
    received: counters.of({ way: 'received' }),
    repeated: counters.of({ way: 'repeated' }),
    refused: counters.of({ way: 'refused' }),
  };
}
