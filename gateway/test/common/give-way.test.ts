import { getPriority, setPriority } from 'node:os';
import { expect, it } from 'vitest';
import { giveWay } from '../../src/common/give-way.ts';

it('lets others go first, however low its priority is already, and never asks for more than it has', () => {
  setPriority(5);
  giveWay(10);
  expect(getPriority()).toBe(15);
  giveWay(10);
  expect(getPriority()).toBe(19);
  giveWay(10);
  expect(getPriority()).toBe(19);
});
