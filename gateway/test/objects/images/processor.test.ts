import { expect, it } from 'vitest';
import { imagesFault } from '../../../src/objects/images/processor.ts';

it.each([
  ['arm', 'armv7l'],
  ['arm', 'armv8l'],
  // A 32-bit system with a 64-bit kernel, as Raspberry Pi OS on a Pi 4.
  ['arm', 'aarch64'],
  ['arm64', 'aarch64'],
  ['x64', 'x86_64'],
])('images are converted on %s of an %s', (arch, kernel) => {
  expect(imagesFault(arch, kernel)).toBeUndefined();
});

it('images are not converted on a Pi Zero, and it is said why', () => {
  expect(imagesFault('arm', 'armv6l')).toMatch(
    /its processor is an armv6l, and sharp needs an ARMv7.* All else works\./,
  );
});
