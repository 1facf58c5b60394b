import { machine } from 'node:os';

/**
 * Why images cannot be converted on a processor, as a sentence; undefined where they can. sharp has binaries for 32-bit ARM from ARMv7 on: on the
 * ARMv6 of a Pi 1 or a Pi Zero the first image would end the whole gateway, as no program survives an instruction that there is not.
 *
 * @param arch as Node calls it
 * @param kernel what the kernel says of the processor, as `uname -m`
 */
export function imagesFault(arch: string = process.arch, kernel: string = machine()): string | undefined {
  if (arch !== 'arm' || !/^armv[1-6]/.test(kernel)) return undefined;
  return `Images cannot be converted on this machine: its processor is an ${kernel}, and sharp needs an ARMv7, such as that of a Pi 2. All else works.`;
}
