import { expect, it } from 'vitest';
import { HeldInput, MAX_HELD_LENGTH } from '../../src/protocols/held-input.ts';

it('what is held comes back in its order, once', () => {
  const held = new HeldInput<string>();
  for (const text of ['a', 'b', 'c']) expect(held.hold(text)).toBe(true);
  expect(held.take()).toEqual(['a', 'b', 'c']);
  expect(held.take()).toEqual([]);
});

it('only what comes first may be longer than all the room there is', () => {
  const held = new HeldInput<Uint8Array>();
  expect(held.hold(new Uint8Array(MAX_HELD_LENGTH + 1))).toBe(true);
  expect(held.hold(new Uint8Array(1))).toBe(false);
  held.take();
  expect(held.hold(new Uint8Array(MAX_HELD_LENGTH))).toBe(true);
  expect(held.hold(new Uint8Array(1))).toBe(false);
});
