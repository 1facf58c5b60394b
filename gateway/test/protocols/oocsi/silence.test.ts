import { expect, it } from 'vitest';
import { PingedSilence } from '../../../src/protocols/oocsi/silence.ts';

it('has a ping due after so long without a word, and again after each such time', () => {
  const silence = new PingedSilence(0);
  const due = Array.from({ length: 6 }, (_, index) => silence.isPingDue((index + 1) * 1000, 3000, false));
  expect(due).toEqual([false, false, true, false, false, true]);
  expect(silence.silentMs).toBe(6000);
});

it('begins anew with what comes, and with what goes out where that counts', () => {
  const silence = new PingedSilence(0);
  silence.isPingDue(2000, 3000, false);
  silence.heard();
  expect(silence.isPingDue(3000, 3000, false)).toBe(false);
  expect(silence.silentMs).toBe(0);
  silence.told();
  expect(silence.isPingDue(5000, 3000, true)).toBe(false);
  silence.told();
  expect(silence.isPingDue(6000, 3000, false)).toBe(true);
  expect(silence.silentMs).toBe(3000);
});
