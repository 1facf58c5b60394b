import { expect, it } from 'vitest';
import { Silence } from '../../src/common/silence.ts';

it('counts how long nothing has come, from the tick after it came', () => {
  const silence = new Silence(0);
  silence.tick(1000);
  silence.tick(2000);
  expect(silence.silentMs).toBe(2000);
  silence.heard();
  expect(silence.wasHeard).toBe(true);
  expect(silence.tick(3000)).toBe(1000);
  expect(silence.silentMs).toBe(0);
  expect(silence.wasHeard).toBe(false);
  silence.tick(4000);
  expect(silence.silentMs).toBe(1000);
});

it('takes the sleep of the machine for no silence of everyone', () => {
  const silence = new Silence(0);
  expect(silence.tick(3_600_000)).toBe(5000);
  expect(silence.silentMs).toBe(5000);
});
