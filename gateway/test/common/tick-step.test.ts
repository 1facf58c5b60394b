import { expect, it } from 'vitest';
import { tickStep } from '../../src/common/tick-step.ts';

it('counts the time between two ticks as silence, but for a machine that slept meanwhile', () => {
  expect(tickStep(1000, 2000)).toBe(1000);
  expect(tickStep(1000, 6000)).toBe(5000);
  expect(tickStep(1000, 3_600_000)).toBe(5000);
});
