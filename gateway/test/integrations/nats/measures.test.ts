import { FakeClock } from '@crosscomm/testing/fake-clock';
import { expect, test } from 'vitest';
import { measure, retainedCounts, scheduledCounts } from '../../../src/integrations/nats/measures.ts';
import { MetricsRegistry } from '../../../src/observability/metrics.ts';

test('what of retained and scheduled messages crossed, and what waits, can be read as metrics', () => {
  const metrics = new MetricsRegistry();
  const clock = new FakeClock();
  const retained = { waiting: 3, oldestMs: clock.now() as number | null, leftOut: 2, fault: null };
  const scheduled = { waiting: 9, untold: 4, takenOver: 0, fault: null };
  measure(metrics, clock, { retained: () => retained, scheduled: () => scheduled });
  retainedCounts(metrics).told.value += 5;
  scheduledCounts(metrics).takenOver.value += 6;
  clock.advance(1500);
  expect(metrics.value('crosscomm_cluster_retained_waiting')).toBe(3);
  expect(metrics.value('crosscomm_cluster_retained_waiting_seconds')).toBe(1.5);
  expect(metrics.value('crosscomm_cluster_retained_left_out')).toBe(2);
  expect(metrics.value('crosscomm_cluster_scheduled_untold')).toBe(4);
  expect(metrics.value('crosscomm_cluster_retained_total', { way: 'told' })).toBe(5);
  expect(metrics.value('crosscomm_cluster_scheduled_total', { way: 'taken_over' })).toBe(6);
  retained.oldestMs = null;
  expect(metrics.value('crosscomm_cluster_retained_waiting_seconds')).toBe(0);
});
