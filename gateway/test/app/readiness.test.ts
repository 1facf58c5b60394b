import { expect, it } from 'vitest';
import { GatewayReadiness } from '../../src/app/readiness.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';

it('is ready between its start and its end, while its state can be written', () => {
  const vitals: { storeFault: string | undefined } = { storeFault: undefined };
  const metrics = new MetricsRegistry();
  const readiness = new GatewayReadiness(metrics, vitals);
  const now = (): unknown[] => [readiness.state, metrics.value('crosscomm_ready')];
  expect(now()).toEqual(['starting', 0]);
  readiness.begin();
  expect(now()).toEqual(['ready', 1]);
  vitals.storeFault = 'no space left on device';
  expect(now()).toEqual(['unwritable', 0]);
  vitals.storeFault = undefined;
  expect(now()).toEqual(['ready', 1]);
  readiness.end();
  expect(now()).toEqual(['stopping', 0]);
});
