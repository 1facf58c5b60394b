import { getPriority, setPriority } from 'node:os';
import { expect, it } from 'vitest';
import { giveWay } from '../../src/common/give-way.ts';

it('lets others go first, however low its priority is already, and never asks for more than it has', () => {
  // A process that lets others go first already cannot be asked back.
  const before = Math.max(5, getPriority());
  setPriority(before);
  giveWay(10);
  expect(getPriority()).toBe(Math.min(before + 10, 19));
  giveWay(10);
  expect(getPriority()).toBe(19);
  giveWay(10);
  expect(getPriority()).toBe(19);
});
